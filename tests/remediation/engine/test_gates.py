"""The gates: every code, the published order, and what a refusal says."""

from dataclasses import replace
from typing import Any

import pytest

from remediation.engine import GATE_ORDER, DryRun, Snapshot, decision_json, evaluate
from remediation.engine.gates import GATES
from tests.remediation.engine.attacks import CASES, FRIDAY_NIGHT, answer, deleting
from tests.remediation.engine.factories import (
    ANA,
    BO,
    BUNDLE,
    CLEO,
    EXPIRES,
    NOW,
    PLAN,
    ROBOT,
    asking,
    bundle_of,
    contract,
    mandate,
    rule,
    vote,
)


@pytest.mark.spec("V16", "V28")
@pytest.mark.parametrize("name", CASES)
def test_each_request_gets_the_answer_of_the_table(name: str) -> None:
    snapshot, expected = CASES[name]
    assert answer(snapshot) == expected


@pytest.mark.spec("V15")
@pytest.mark.parametrize("name", [name for name, (_, (_, code)) in CASES.items() if code])
def test_each_refusal_has_a_code_and_a_sentence_that_says_what_to_do(name: str) -> None:
    decision = evaluate(BUNDLE, CASES[name][0])
    assert decision.effect == "denied"
    assert decision.code.isupper()
    assert decision.reason.endswith(".")
    assert len(decision.reason.split()) >= 5 or decision.code == "PARAMS_INVALID"
    assert (decision.trace[-1].code, decision.trace[-1].reason) == (decision.code, decision.reason)


# What spoils each gate, in the published order, and the code of its refusal.
SPOILS: dict[str, tuple[dict[str, Any], str]] = {
    "emergency_stop": ({"stopped": True}, "EMERGENCY_STOP"),
    "freeze": ({"frozen": True}, "FROZEN"),
    "drift": ({"safe_mode": True}, "SAFE_MODE"),
    "rbac": ({"department_active": False}, "DEPT_INACTIVE"),
    "policy": ({"params": {"paths": ["."] * 11}}, "POLICY_DENIED"),
    "mandate": ({"at": NOW + 1000}, "MANDATE_DENIED"),
    "autonomy": ({"autonomy_level": 1}, "AUTONOMY_INSUFFICIENT"),
    "dry_run": ({"dry_run": None}, "DRY_RUN_REQUIRED"),
    "approval": ({"has_reason": False}, "REASON_REQUIRED"),
    "sod": ({"votes": (vote(ANA, "check"),)}, "APPROVAL_SOD_VIOLATION"),
    "invariants": ({"params": {"paths": ["."]}}, "INVARIANT_VIOLATED"),
    "budget": ({"used": {"changes": 3}}, "BUDGET_EXCEEDED"),
}


@pytest.mark.spec("V14")
def test_the_first_refusal_wins_in_exactly_the_published_order() -> None:
    rules = contract()
    rules["mandates.json"]["mandates"] = [mandate("change", ["files.delete"], ["owner"], valid_until=NOW + 1000)]
    rules["autonomy.json"]["rules"] = [{"id": "a", "operation": "files.delete", "required_level": 2}]
    bundle = bundle_of(rules)
    agent = replace(ROBOT, roles=("owner",))
    spoiled: dict[str, Any] = {}
    for gate in reversed(GATE_ORDER):
        change, code = SPOILS[gate]
        spoiled |= change
        decision = evaluate(bundle, asking("files.delete", **({"requester": agent, "autonomy_level": 2} | spoiled)))
        assert (decision.gate, decision.code) == (gate, code)
        assert [step.gate for step in decision.trace] == list(GATE_ORDER[: GATE_ORDER.index(gate) + 1])


@pytest.mark.spec("V14")
def test_the_gates_are_those_of_the_published_order() -> None:
    assert tuple(GATES) == GATE_ORDER == tuple(SPOILS)


@pytest.mark.spec("V14")
@pytest.mark.parametrize(
    ("artifact", "key", "code"),
    [("mandates.json", "mandates", "MANDATE_DENIED"), ("approvals.json", "rules", "APPROVAL_RULE_MISSING")],
)
def test_what_no_rule_allows_is_denied(artifact: str, key: str, code: str) -> None:
    rules = contract()
    rules[artifact][key] = []
    assert evaluate(bundle_of(rules), asking("files.move", votes=(vote(BO),))).code == code


@pytest.mark.spec("V14")
def test_an_agent_without_an_autonomy_rule_is_denied() -> None:
    rules = contract()
    rules["autonomy.json"]["rules"] = []
    bundle = bundle_of(rules)
    assert evaluate(bundle, asking(requester=ROBOT)).code == "AUTONOMY_INSUFFICIENT"
    assert evaluate(bundle, asking(requester=ANA)).effect == "allowed"


def test_the_department_has_the_level_of_the_bundle_unless_the_snapshot_says_another() -> None:
    assert evaluate(BUNDLE, asking("files.tidy", requester=ROBOT)).effect == "allowed"
    assert evaluate(BUNDLE, asking("files.tidy", requester=ROBOT, autonomy_level=0)).code == "AUTONOMY_INSUFFICIENT"
    assert evaluate(BUNDLE, asking("files.move", requester=ROBOT, autonomy_level=2)).effect == "needs_approval"


@pytest.mark.parametrize(
    ("changes", "is_allowed"),
    [
        ({"valid_from": NOW}, True),
        ({"valid_from": NOW + 1}, False),
        ({"valid_until": NOW + 1}, True),
        ({"valid_until": NOW}, False),
        ({"roles": ["clerk"]}, False),
        ({"limits": [rule("enum_allowlist", "params.path", [".", "in"])]}, True),
        ({"limits": [rule("enum_allowlist", "params.path", ["in"], "Only in.")]}, False),
        ({"limits": [rule("required_field", "params.limit", True)]}, False),
        ({"limits": [rule("numeric_max", "params.limit", 10)]}, False),
        ({"limits": [rule("numeric_max", "params.path", 10)]}, False),
        ({"limits": [rule("numeric_min", "params.path", 1)]}, False),
        ({"limits": [rule("string_max_len", "params.path", 1)]}, True),
        ({"limits": [rule("string_max_len", "params.path", 0)]}, False),
    ],
)
def test_a_mandate_holds_for_its_roles_in_its_time_within_its_limits(
    changes: dict[str, Any], *, is_allowed: bool
) -> None:
    rules = contract()
    rules["mandates.json"]["mandates"] = [mandate("look", ["files.list"], ["owner"]) | changes]
    assert (evaluate(bundle_of(rules), asking()).code == "") is is_allowed


def test_one_mandate_that_holds_is_enough_and_is_named() -> None:
    rules = contract()
    rules["mandates.json"]["mandates"].insert(0, mandate("old", ["files.list"], ["owner"], valid_until=1))
    steps = {step.gate: step.rule for step in evaluate(bundle_of(rules), asking()).trace}
    assert steps["mandate"] == "look"


@pytest.mark.parametrize(
    ("at", "is_frozen"),
    [
        (FRIDAY_NIGHT - 30 * 60 - 1, False),  # Friday 21:59:59 in São Paulo
        (FRIDAY_NIGHT - 30 * 60, True),
        (FRIDAY_NIGHT + 7 * 3600, True),  # Saturday 05:30
        (FRIDAY_NIGHT + 7 * 3600 + 30 * 60, False),  # Saturday 06:00
        (FRIDAY_NIGHT + 24 * 3600, False),  # Saturday 22:30
        (FRIDAY_NIGHT - 24 * 3600, False),  # Thursday 22:30
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_on_which_it_began(at: int, *, is_frozen: bool) -> None:
    assert (answer(deleting(at=at, approval_expires_at=at + 1, votes=()))[1] == "FROZEN") is is_frozen


SPRING = 1_774_746_000  # 2026-03-29 01:00 UTC: in Berlin 02:00 becomes 03:00
AUTUMN = 1_792_886_400  # 2026-10-25 00:00 UTC: 02:00 for the first time in Berlin, the second an hour later


@pytest.mark.parametrize(
    ("at", "is_frozen"),
    [
        (SPRING - 1, False),  # 01:59:59, and then it is 03:00
        (SPRING, False),
        (AUTUMN - 1, False),
        (AUTUMN, True),
        (AUTUMN + 3600, True),  # the repeated hour is frozen again
        (AUTUMN + 7200, False),
    ],
)
def test_a_window_goes_by_the_clock_on_the_wall_when_that_changes(at: int, *, is_frozen: bool) -> None:
    rules = contract()
    rules["policies.json"]["windows"] = [_window(days=["sun"], from_minute=120, until_minute=180)]
    assert (evaluate(bundle_of(rules), asking(at=at)).code == "FROZEN") is is_frozen


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "Europe"])
def test_a_window_in_an_unknown_zone_is_always_open(zone: str) -> None:
    rules = contract()
    rules["policies.json"]["windows"] = [_window(days=[], timezone=zone)]
    assert evaluate(bundle_of(rules), asking()).code == "FROZEN"


def _window(**changes: Any) -> dict[str, Any]:
    plain = {"id": "w", "operations": ["files.list"], "days": ["mon"], "from_minute": 0, "until_minute": 0}
    return plain | {"timezone": "Europe/Berlin", "message": ""} | changes


def test_an_optional_dry_run_may_be_missing_but_not_fail() -> None:
    rules = contract()
    rules["operations.json"]["operations"] = [
        one | {"dry_run": "optional"} for one in rules["operations.json"]["operations"]
    ]
    bundle = bundle_of(rules)
    assert evaluate(bundle, asking(dry_run=None)).effect == "allowed"
    assert evaluate(bundle, asking(dry_run=DryRun(False, PLAN))).code == "DRY_RUN_FAILED"


def test_asking_for_votes_says_which_and_for_how_long() -> None:
    decision = evaluate(BUNDLE, deleting(votes=()))
    assert (decision.effect, decision.rule, decision.expires_seconds) == ("needs_approval", "deletions", 3600)
    assert [(stage.id, stage.quorum) for stage in decision.stages] == [("check", 2), ("decide", 1)]
    assert [step.gate for step in decision.trace] == list(GATE_ORDER)


def test_an_allowed_decision_names_the_rule_it_was_approved_by() -> None:
    assert evaluate(BUNDLE, deleting()).rule == "deletions"
    assert evaluate(BUNDLE, deleting(votes=(), emergency="disk_full")).rule == "disk_full"
    assert evaluate(BUNDLE, asking()).rule == ""


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"requester": replace(CLEO, roles=("clerk",))}, "RBAC_DENIED"),
        ({"requester": replace(ROBOT, roles=("owner",)), "autonomy_level": 4}, "EMERGENCY_DENIED"),
        ({"dry_run": None}, "DRY_RUN_REQUIRED"),
        ({"used": {"changes": 3}}, "BUDGET_EXCEEDED"),
        ({"params": {"paths": ["."]}}, "INVARIANT_VIOLATED"),
        ({"frozen": True}, "FROZEN"),
        ({"at": EXPIRES + 1}, ""),
    ],
)
def test_an_emergency_skips_the_votes_and_nothing_else(changes: dict[str, Any], code: str) -> None:
    rules = contract()
    rules["autonomy.json"]["rules"].append({"id": "agents_delete", "operation": "files.delete", "required_level": 3})
    snapshot = deleting(votes=(), emergency="disk_full", **changes)
    assert evaluate(bundle_of(rules), snapshot).code == code


@pytest.mark.parametrize(
    "changes",
    [
        {"params": None},
        {"used": {"changes": "many"}},
        {"requester": None},
        {"votes": (None,)},
        {"at": "now"},
        {"operation": ["files.delete"]},
        {"params": {"paths": [["a"]]}},
    ],
)
def test_a_fault_inside_denies(changes: dict[str, Any]) -> None:
    decision = evaluate(BUNDLE, deleting(**changes))
    assert decision.effect == "denied"
    assert decision.code in {"ENGINE_FAULT", "OPERATION_UNKNOWN", "PARAMS_INVALID"}


def test_a_decision_is_canonical_json() -> None:
    found = decision_json(evaluate(BUNDLE, deleting(votes=())))
    assert found["effect"] == "needs_approval"
    assert found["stages"] == [
        {"id": "check", "roles": ["clerk", "owner"], "quorum": 2},
        {"id": "decide", "roles": ["owner"], "quorum": 1},
    ]
    assert found["bundle"] == BUNDLE.digest


def test_the_bundle_is_only_read() -> None:
    snapshot: Snapshot = deleting()
    assert evaluate(BUNDLE, snapshot) == evaluate(BUNDLE, snapshot)
