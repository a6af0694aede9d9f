"""Two releases compared before one becomes active."""

import pytest

from remediation.contracts.compile import contract_compile
from remediation.contracts.table import decision_table, table_diff
from tests.remediation.contracts.texts import DESK, desk_with

BEFORE = decision_table(contract_compile(DESK).artifacts)


def test_a_table_has_a_line_for_every_role_and_operation() -> None:
    assert [(row.role, row.operation) for row in BEFORE][:5] == [
        ("chief", "service.look"),
        ("chief", "service.restart"),
        ("chief", "host.wipe"),
        ("chief", "approval_decide"),
        ("clerk", "service.look"),
    ]
    assert len(BEFORE) == 12
    wipe = BEFORE[2]
    assert (wipe.is_allowed, wipe.votes, wipe.risk, wipe.dry_run, wipe.needs_reason) == (
        True,
        2,
        "R3",
        "required",
        True,
    )


def test_a_release_that_says_the_same_differs_in_nothing() -> None:
    again = decision_table(contract_compile(DESK.replace("// ", "//")).artifacts)
    assert table_diff(BEFORE, again) == ()


@pytest.mark.parametrize(
    ("old", "new", "changed", "widens"),
    [
        (
            "[chief]\n    valid_from",
            "[chief, clerk]\n    valid_from",
            {"clerk"},
            False,
        ),  # a mandate without the permission
        ("permissions: [service.look]", "permissions: []", {"robot"}, False),
        ("quorum: 1\n  }", "quorum: 2\n  }", {"chief", "clerk", "robot"}, False),
        ("approver_roles: [chief, clerk]", "approver_roles: [chief]", {"chief", "clerk", "robot"}, False),
        (
            "stage look {\n      roles: [clerk]",
            "stage look {\n      roles: [clerk, chief]",
            {"chief", "clerk", "robot"},
            False,
        ),
        ("risk: R3\n      dry_run: required", "risk: R2\n      dry_run: none", {"chief", "clerk", "robot"}, True),
        (
            "    stage look {\n      roles: [clerk]\n      quorum: 1\n    }\n    stage sign {\n      roles: [chief]\n      quorum: 1",
            "    stage sign {\n      roles: [chief, clerk]\n      quorum: 2",
            {"chief", "clerk", "robot"},
            False,
        ),
    ],
)
def test_a_difference_is_told_for_every_role_and_whether_it_lets_more_happen(
    old: str, new: str, changed: set[str], widens: bool
) -> None:
    changes = table_diff(BEFORE, decision_table(contract_compile(desk_with((old, new))).artifacts))
    assert {change.role for change in changes} == changed
    assert any(change.widens for change in changes) is widens


def test_permission_and_mandate_together_let_more_happen() -> None:
    text = desk_with(
        ("human clerk {\n    permissions: [", "human clerk {\n    permissions: [service.restart, "),
        ("[chief]\n    valid_from", "[chief, clerk]\n    valid_from"),
    )
    (change,) = table_diff(BEFORE, decision_table(contract_compile(text).artifacts))
    assert (change.role, change.operation, change.widens) == ("clerk", "service.restart", True)


def test_new_and_lost_operations_are_differences() -> None:
    lost = tuple(row for row in BEFORE if row.operation != "host.wipe")
    assert [(change.role, change.after, change.widens) for change in table_diff(BEFORE, lost)] == [
        ("chief", None, False),
        ("clerk", None, False),
        ("robot", None, False),
    ]
    assert [(change.role, change.before, change.widens) for change in table_diff(lost, BEFORE)] == [
        ("chief", None, True),
        ("clerk", None, False),
        ("robot", None, False),
    ]
