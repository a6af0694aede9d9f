"""Institutions and people for tests."""

from django.contrib.auth.models import Group

from ledger.models import Head
from ledger.services import chain_start, unit
from opsportal.core.actor import SYSTEM, Actor
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution, Member, User
from opsportal.institutions.selectors import Access, access_find

PASSWORD = "correct horse battery"


def institution_make(slug: str = "home") -> Institution:
    """Return the institution at ``slug`` with its ledger begun; make what is missing."""
    institution, _ = Institution.objects.get_or_create(slug=slug, defaults={"name": slug.title()})
    with institution_scope(institution.pk):
        if not Head.objects.exists():
            with unit(institution.pk, SYSTEM):
                chain_start(institution.pk)
    return institution


def system_make() -> Institution:
    """Return the installation's own institution, with a chain; make it if need be."""
    Institution.objects.get_or_create(slug="system", defaults={"name": "System", "is_system": True})
    return institution_make("system")


def user_make(username: str = "ana", **columns: object) -> User:
    """Make a person who can log in with PASSWORD."""
    return User.objects.create_user(username, f"{username}@example.org", PASSWORD, **columns)


def member_make(institution: Institution, *roles: Role | str, username: str = "", user: User | None = None) -> Access:
    """Make ``username`` (by default named after the roles) a member; return their access."""
    user = user or user_make(username or "-".join([*map(str, roles), institution.slug]))
    with institution_scope(institution.pk):
        member = Member.objects.create(institution=institution, user=user)
        member.roles.set([Group.objects.get_or_create(name=str(role))[0] for role in roles])
    access = access_find(user, slug=institution.slug)
    assert access is not None
    return access


def actor_make(institution: Institution, *roles: Role | str) -> Actor:
    """Make a member with ``roles``; return them as an actor."""
    return member_make(institution, *roles).actor
