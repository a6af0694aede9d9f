"""The matrix."""

import pytest

from opsportal.core.actor import SYSTEM, Actor, ActorKind
from opsportal.core.errors import RefusedError
from opsportal.institutions.access import MATRIX, WRITES, Permission, Role, may, permissions_of, require


def test_every_permission_has_a_line_and_somebody_holds_it() -> None:
    assert set(MATRIX) == set(Permission)
    assert all(MATRIX.values())


@pytest.mark.spec("L42")
@pytest.mark.parametrize("role", [Role.NOC, Role.AUDITOR])
def test_those_who_only_read_hold_no_write(role: Role) -> None:
    assert permissions_of([role]).isdisjoint(WRITES)


def test_the_noc_sees_no_personal_data() -> None:
    assert not may([Role.NOC], Permission.PERSONAL_READ)


@pytest.mark.parametrize("role", [Role.ORG_ADMIN, Role.OWNER, Role.EXECUTIVE_ADMIN])
def test_the_board_sees_no_hosts_unless_it_also_works_on_them(role: Role) -> None:
    assert not may([role], Permission.OPS_READ)
    assert may([role, Role.TECHNICIAN], Permission.OPS_READ)


@pytest.mark.spec("L42")
def test_whoever_has_an_inbox_can_read_and_answer_it() -> None:
    for role in (Role.AGENTIC_OPERATOR, Role.OPS_LEAD, Role.DEVOPS, Role.SEO, Role.SECURITY_ANALYST, Role.TECHNICIAN):
        assert {Permission.OPS_READ, Permission.OPS_WRITE} <= permissions_of([role])


def test_an_unknown_role_holds_nothing() -> None:
    assert permissions_of(["root"]) == frozenset()


def test_require_names_what_is_missing() -> None:
    with pytest.raises(RefusedError, match=r"ops\.write"):
        require(Actor(kind=ActorKind.HUMAN, id="x", roles=frozenset({"noc"})), Permission.OPS_WRITE)
    require(SYSTEM, Permission.OPS_WRITE)


@pytest.mark.parametrize("kind", [ActorKind.AGENT, ActorKind.RUNTIME])
def test_machines_hold_what_their_roles_hold_and_no_more(kind: ActorKind) -> None:
    with pytest.raises(RefusedError):
        require(Actor(kind=kind, id="A7"), Permission.OPS_WRITE)
