"""Who is a member of what. These reads cross institutions: they are how the current one is found."""

from collections.abc import Collection
from dataclasses import dataclass
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, Subquery

from ledger.models import Head
from opsportal.core.actor import Actor, ActorKind
from opsportal.core.errors import NotFoundError
from opsportal.core.scope import every_institution, institution_scope
from opsportal.institutions.access import ANSWERABLE, SUPERUSER, Permission, permissions_of
from opsportal.institutions.models import ApiToken, Institution, Member, User
from opsportal.institutions.personal import personal


@dataclass(frozen=True, slots=True)
class Access:
    """A person let into one institution, with the roles that count there."""

    user: User
    member: Member
    institution: Institution
    roles: frozenset[str]
    token: ApiToken | None = None
    head_seq: int = 0  # where the ledger stood when this was read: what a page of then has already seen

    @property
    def actor(self) -> Actor:
        """The person as services and the ledger know them."""
        return Actor(kind=ActorKind.HUMAN, id=str(self.user.code), institution_id=self.institution.pk, roles=self.roles)

    @property
    def permissions(self) -> frozenset[Permission]:
        """Every permission that the roles hold."""
        return permissions_of(self.roles)


def access_list(user: User, **institution: Any) -> list[Access]:
    """Return the institutions that ``user`` is an active member of, by slug, in one query.

    ``institution`` narrows by columns of it: ``slug="home"``, ``pk=…``.
    """
    narrowed = {f"institution__{name}": value for name, value in institution.items()}
    with every_institution():
        rows = list(
            Member.objects.filter(user_id=user.pk, is_active=True, **narrowed)
            .select_related("institution")
            .annotate(
                role=F("roles__name"),
                head_seq=Subquery(Head.objects.filter(institution_id=OuterRef("institution_id")).values("seq")),
            )
            .order_by("institution__slug")
        )
    roles: dict[int, set[str]] = {}
    for row in rows:
        roles.setdefault(row.pk, set()).update({row.role} - {None})
    members = {row.pk: row for row in rows}
    return [
        Access(
            user=user,
            member=member,
            institution=member.institution,
            roles=frozenset(roles[pk]),
            head_seq=member.head_seq or 0,
        )
        for pk, member in members.items()
    ]


def access_find(user: User, *, slug: str) -> Access | None:
    """Return the access of ``user`` to the institution at ``slug``; None when there is none, for whatever reason."""
    return next(iter(access_list(user, slug=slug)), None)


def access_find_by_id(user: User, institution_id: UUID) -> Access | None:
    """Return the access of ``user`` to one institution; None when there is none, for whatever reason."""
    return next(iter(access_list(user, pk=institution_id)), None)


def access_of_token(key_id: str) -> Access | None:
    """Return what the token with this public part opens, in one query; None when there is no such token.

    Nothing is checked here: neither the secret, nor expiry, nor whether the person is still active.
    """
    with every_institution():
        rows = list(
            ApiToken.objects.filter(key_id=key_id)
            .select_related("institution", "member__user")
            .annotate(role=F("member__roles__name"))
        )
    if not rows:
        return None
    token = rows[0]
    return Access(
        user=token.member.user,
        member=token.member,
        institution=token.institution,
        roles=frozenset(row.role for row in rows if row.role),
        token=token,
    )


def people_named(codes: Collection[str]) -> dict[str, str]:
    """Return the names of the people with these codes, in one query (none for no codes).

    They are masked when whoever is asking now may not read personal data.
    """
    return {str(user.code): personal(user) for user in User.objects.filter(code__in=codes)} if codes else {}


def people_answerable(institution_id: UUID) -> list[User]:
    """Return the owners and super_admins of an institution who can still log in, by user name."""
    with institution_scope(institution_id):
        members = Member.objects.filter(is_active=True, user__is_active=True, roles__name__in=sorted(ANSWERABLE))
        return sorted({member.user for member in members.select_related("user")}, key=attrgetter("username"))


def institutions_broken(user: User) -> list[Institution]:
    """Return the institutions that ``user`` answers for and whose ledger does not verify, in one query."""
    mine = access_list(user, ledger_broken_at__isnull=False)
    return [access.institution for access in mine if access.roles & ANSWERABLE]


def system_institution_id() -> UUID:
    """Return the institution whose ledger is the installation's own. The first start makes it."""
    return Institution.objects.values_list("pk", flat=True).get(is_system=True)


def installation_actor(user: User) -> Actor:
    """Return ``user`` as an actor on the whole installation; what a superuser may, they may."""
    roles = frozenset({SUPERUSER}) if user.is_superuser and user.is_active else frozenset()
    return Actor(kind=ActorKind.HUMAN, id=str(user.code), roles=roles)


def institution_find(slug: str) -> Institution:
    """Return the institution at ``slug``; raise NotFoundError."""
    institution = Institution.objects.filter(slug=slug).first()
    if institution is None:
        raise NotFoundError(f"There is no institution {slug!r}.")
    return institution


def institutions_named(slug: str | None) -> list[Institution]:
    """Return the institution at ``slug``, or all of them when none is named; raise NotFoundError."""
    return [institution_find(slug)] if slug else list(Institution.objects.all())


def user_find(username: str) -> User:
    """Return the person called ``username``; raise NotFoundError."""
    user = User.objects.filter(username=username).first()
    if user is None:
        raise NotFoundError(f"There is no person called {username!r}.")
    return user
