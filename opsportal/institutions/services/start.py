"""The first start: what must be there before anybody can log in."""

from dataclasses import dataclass, field

from django.contrib.auth.models import Group
from django.db import transaction

from opsportal.core.actor import SYSTEM
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution, User
from opsportal.institutions.services.institution import SYSTEM_SLUG, institution_create
from opsportal.institutions.services.member import member_add
from opsportal.institutions.services.person import user_create

ADMIN, HOME = "admin", "home"


@dataclass(frozen=True, slots=True)
class FirstStart:
    """What to tell the person who started: the password is shown once and must be changed at login."""

    username: str
    password: str = field(repr=False)


def first_start() -> FirstStart | None:
    """Make what is missing of: the role groups, the institutions ``system`` and ``home``, and a first person.

    Returns what to print when a person was made, else None. Of processes that start together one does
    it; killed half-way, nothing of it remains, and the next start does it.
    """
    with transaction.atomic():
        for role in Role:
            Group.objects.get_or_create(name=role.value)
        # PostgreSQL: the others wait here. SQLite: they wait at the beginning of the transaction.
        Group.objects.select_for_update().get(name=Role.SUPER_ADMIN.value)
        for slug, name in ((SYSTEM_SLUG, "System"), (HOME, "Home")):
            if not Institution.objects.filter(is_system=slug == SYSTEM_SLUG).exists():
                institution_create(slug=slug, name=name, actor=SYSTEM, is_system=slug == SYSTEM_SLUG)
        if User.objects.exists():
            return None
        user, password = user_create(username=ADMIN, actor=SYSTEM, is_superuser=True)
        for institution in Institution.objects.all():
            member_add(institution=institution, user=user, roles={Role.SUPER_ADMIN}, actor=SYSTEM)
        return FirstStart(username=ADMIN, password=password)
