"""Members and their roles."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from opsportal.core.actor import SYSTEM
from opsportal.core.errors import ConflictError, InvalidError, RefusedError
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.models import ApiToken, Institution, Member
from opsportal.institutions.selectors import Access, access_find
from opsportal.institutions.services import member_add, member_remove, member_roles_set, token_create
from tests.institutions.conftest import Entries
from tests.institutions.factories import actor_make, member_make, user_make

Kinds = Callable[[Institution], list[str]]


def roles_of(member: Member) -> set[str]:
    return set(member.roles.values_list("name", flat=True))


def test_a_member_is_added_with_roles_and_it_is_entered(home: Institution, master: Access, entries: Entries) -> None:
    ana = user_make("ana")
    member = member_add(institution=home, user=ana, roles={"technician", "seo"}, actor=master.actor)
    assert roles_of(member) == {"technician", "seo"}
    (entry,) = entries(home)
    body = json.loads(entry.body)
    assert (entry.kind, entry.actor) == ("MEMBER_ADDED", str(master.user.code))
    assert body["data"]["after"] == ["seo", "technician"]
    assert "ana" not in entry.body


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.SUPER_ADMIN, Role.OWNER, Role.ORG_ADMIN}))
def test_whoever_may_not_appoint_is_refused(home: Institution, role: Role, kinds: Kinds) -> None:
    with pytest.raises(RefusedError):
        member_add(institution=home, user=user_make("ana"), roles=[], actor=actor_make(home, role))
    assert kinds(home) == []


@pytest.mark.parametrize("role", [Role.ORG_ADMIN, Role.OWNER])
def test_whoever_may_appoint_cannot_appoint_a_master(home: Institution, role: Role, kinds: Kinds) -> None:
    appointer = actor_make(home, role)
    with pytest.raises(RefusedError) as refusal:
        member_add(institution=home, user=user_make("ana"), roles=[Role.SUPER_ADMIN], actor=appointer)
    assert refusal.value.code == "ROLE_PRIVILEGED"
    member_add(institution=home, user=user_make("bea"), roles=[Role.TECHNICIAN], actor=appointer)
    assert kinds(home) == ["MEMBER_ADDED"]


def test_whoever_may_appoint_cannot_depose_a_master(home: Institution, master: Access) -> None:
    appointer = actor_make(home, Role.OWNER)
    attempts: list[Callable[[], object]] = [
        lambda: member_roles_set(member=master.member, roles=[], actor=appointer),
        lambda: member_remove(member=master.member, actor=appointer),
    ]
    for attempt in attempts:
        with pytest.raises(RefusedError):
            attempt()
    assert roles_of(master.member) == {"super_admin"}


def test_nobody_changes_their_own_roles(home: Institution, master: Access, kinds: Kinds) -> None:
    attempts: list[Callable[[], object]] = [
        lambda: member_roles_set(member=master.member, roles=set(Role), actor=master.actor),
        lambda: member_remove(member=master.member, actor=master.actor),
    ]
    for attempt in attempts:
        with pytest.raises(RefusedError) as refusal:
            attempt()
        assert refusal.value.code == "OWN_ROLES"
    assert kinds(home) == []


def test_roles_are_set_exactly_and_the_same_again_writes_nothing(
    home: Institution, master: Access, entries: Entries
) -> None:
    ana = member_make(home, Role.TECHNICIAN, Role.NOC, username="ana").member
    member_roles_set(member=ana, roles=["seo", "noc"], actor=master.actor)
    member_roles_set(member=ana, roles=["noc", "seo"], actor=master.actor)
    assert roles_of(ana) == {"seo", "noc"}
    (entry,) = entries(home)
    data = json.loads(entry.body)["data"]
    assert (data["before"], data["after"]) == (["noc", "technician"], ["noc", "seo"])


def test_an_unknown_role_is_named(home: Institution, master: Access) -> None:
    with pytest.raises(InvalidError, match="root") as refusal:
        member_add(institution=home, user=user_make("ana"), roles=["root", "noc"], actor=master.actor)
    assert list(refusal.value.errors) == ["roles"]


def test_the_last_master_stays(home: Institution, master: Access) -> None:
    with pytest.raises(ConflictError) as refusal:
        member_remove(member=master.member, actor=SYSTEM)
    assert refusal.value.code == "LAST_SUPER_ADMIN"
    other = member_make(home, Role.SUPER_ADMIN, username="other")
    member_remove(member=master.member, actor=other.actor)
    assert access_find(master.user, slug="home") is None


def test_a_removed_member_loses_roles_and_tokens_at_once(home: Institution, master: Access, kinds: Kinds) -> None:
    ana = member_make(home, Role.TECHNICIAN, username="ana")
    token = token_create(member=ana.member, name="cron", days=9, actor=master.actor).token
    member_remove(member=ana.member, actor=master.actor)
    member_remove(member=ana.member, actor=master.actor)
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert timezone.now() - token.revoked_at < timedelta(minutes=1)
    assert access_find(ana.user, slug="home") is None
    assert kinds(home) == ["ACTOR_TOKEN_CREATED", "MEMBER_REMOVED"]


def test_a_former_member_returns_with_new_roles_only(home: Institution, master: Access) -> None:
    ana = member_make(home, Role.TECHNICIAN, username="ana")
    member_remove(member=ana.member, actor=master.actor)
    again = member_add(institution=home, user=ana.user, roles=["noc"], actor=master.actor)
    assert (again.pk, again.is_active, roles_of(again)) == (ana.member.pk, True, {"noc"})


def test_a_member_is_not_added_twice_nor_a_former_one_changed(home: Institution, master: Access) -> None:
    ana = member_make(home, Role.TECHNICIAN, username="ana")
    with pytest.raises(ConflictError):
        member_add(institution=home, user=ana.user, roles=["noc"], actor=master.actor)
    member_remove(member=ana.member, actor=master.actor)
    with pytest.raises(ConflictError):
        member_roles_set(member=ana.member, roles=["noc"], actor=master.actor)


@pytest.mark.spec("V27")
def test_a_master_of_another_institution_appoints_nobody_here(home: Institution, away: Institution) -> None:
    stranger = actor_make(away, Role.SUPER_ADMIN)
    ana = member_make(home, Role.NOC, username="ana").member
    attempts: list[Callable[[], object]] = [
        lambda: member_add(institution=home, user=user_make("bea"), roles=["noc"], actor=stranger),
        lambda: member_roles_set(member=ana, roles=["seo"], actor=stranger),
        lambda: member_remove(member=ana, actor=stranger),
        lambda: token_create(member=ana, name="x", days=1, actor=stranger),
    ]
    for attempt in attempts:
        with pytest.raises(RefusedError):
            attempt()
    with institution_scope(home.pk):
        assert (Member.objects.count(), ApiToken.objects.count(), roles_of(ana)) == (1, 0, {"noc"})
