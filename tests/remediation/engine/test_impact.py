"""Before a version is released, people see which decisions it would have changed."""

from typing import Any

from remediation.engine import Bundle, Snapshot, impact
from tests.remediation.engine.attacks import CASES, deleting, moving
from tests.remediation.engine.factories import (
    BO,
    BUNDLE,
    ENOUGH_TO_MOVE,
    NAMES,
    ROBOT,
    asking,
    bundle_of,
    contract,
    vote,
)

HISTORY: list[tuple[str, Snapshot]] = [(name, snapshot) for name, (snapshot, _) in CASES.items()]


def _released(artifact: str, **changes: Any) -> Bundle:
    rules = contract()
    rules[artifact] = rules[artifact] | changes
    return bundle_of(rules)


def test_replaying_the_active_version_over_its_history_changes_nothing() -> None:
    result = impact(BUNDLE, bundle_of(contract()), HISTORY)
    assert (result.total, result.changes, result.counts) == (len(HISTORY), (), ())


def test_the_most_dangerous_changes_come_first() -> None:
    rules = contract()
    rules["autonomy.json"]["current_level"] = 4
    rules["mandates.json"]["mandates"][0]["roles"] = ["owner", "helper"]  # no clerk any more
    rules["policies.json"]["policies"] = []
    rules["approvals.json"]["rules"][0]["stages"][0]["roles"] = ["owner"]
    after = bundle_of(rules)
    history = [
        ("a clerk looks", asking(requester=BO)),
        ("a robot moves", moving(requester=ROBOT)),
        ("a move that a clerk agreed to", asking("files.move", votes=ENOUGH_TO_MOVE)),
        ("many at once", deleting(params={"paths": ["a"] * 11})),
        ("a move nobody agreed to", moving()),
        ("a look", asking()),
    ]
    result = impact(BUNDLE, after, history)
    assert [(change.id, *change.kind) for change in result.changes] == [
        ("many at once", "denied", "allowed"),
        ("a robot moves", "denied", "needs_approval"),
        ("a move nobody agreed to", "needs_approval", "needs_approval"),  # by others
        ("a move that a clerk agreed to", "allowed", "needs_approval"),
        ("a clerk looks", "allowed", "denied"),
    ]
    assert (result.total, dict(result.counts)["denied", "allowed"]) == (6, 1)


def test_votes_that_are_not_asked_for_any_more_are_found() -> None:
    operations = [
        one | {"risk": "R1"} if one["name"] == "files.move" else one
        for one in contract()["operations.json"]["operations"]
    ]
    rules = contract()
    rules["operations.json"]["operations"] = operations
    rules["approvals.json"]["rules"] = []
    rules["sod.json"]["rules"] = []
    result = impact(BUNDLE, bundle_of(rules), [("move", moving())])
    assert result.counts == ((("needs_approval", "allowed"), 1),)


def test_the_digest_is_over_the_result_and_not_over_the_order_of_the_history() -> None:
    after = _released("rbac.json", actors=[{"id": "owner", "kind": "human", "permissions": NAMES[:1]}])
    forward = impact(BUNDLE, after, HISTORY)
    assert forward.changes
    assert impact(BUNDLE, after, HISTORY[::-1]).digest == forward.digest
    assert impact(BUNDLE, after, HISTORY[1:]).digest != forward.digest
    assert impact(BUNDLE, BUNDLE, HISTORY).digest != forward.digest


def test_other_words_or_names_of_rules_are_no_change() -> None:
    rules = contract()
    rules["policies.json"]["policies"][0] |= {"id": "renamed"}
    rules["mandates.json"]["mandates"][0] |= {"id": "renamed"}
    assert impact(BUNDLE, bundle_of(rules), [*HISTORY, ("more", moving(vote(BO)))]).changes == ()
