"""Two engines, one contract: Cedar, whose authorizer is proved, and ours give the same answers."""

import random
from typing import Any

import cedarpy
import pytest

from remediation.engine import Party, evaluate
from tests.remediation.engine.cedar import prepared, request_of
from tests.remediation.engine.factories import BUNDLE, NAMES, asking
from tests.remediation.engine.planted import PLANTED

REQUESTS = 20_000
BATCH = 2_000
PEOPLE = {
    "p0": (),
    "p1": ("owner",),
    "p2": ("clerk",),
    "p3": ("helper",),
    "p4": ("clerk", "helper"),
    "p5": ("auditor", "root"),
}
# Cedar was not told of what comes after the policies and mandates.
BEFORE = {"RBAC_DENIED", "OPERATION_UNKNOWN", "PARAMS_INVALID", "POLICY_DENIED", "MANDATE_DENIED"}
VALUES: dict[str, list[Any]] = {
    "path": [".", "", "a" * 64, "a" * 65, 1, True],
    "limit": [0, 1, 50, 51, -1, True, False, "1"],
    "mode": ["soft", "hard", "Soft", "", 1],
    "force": [True, False, 0, 1, "true"],
    "paths": [[], ["a"], ["a"] * 10, ["a"] * 11, ["a"] * 21, ["a" * 64], ["a", "a" * 65], "a", 3],
    "target": ["b", "", True, 7],
    "extra": [1],
}
LIKELY = {
    "files.list": ["path", "limit"],
    "files.tidy": ["mode", "force"],
    "files.move": ["paths", "target"],
    "files.delete": ["paths"],
    "files.wipe": ["paths"],
}


@pytest.mark.spec("V14")
def test_it_never_disagrees_with_cedar() -> None:
    seen: set[tuple[str, str]] = set()
    assert _disagreements(REQUESTS, seed=2026, seen=seen) == []
    assert len(seen) >= 15


@pytest.mark.parametrize("bug", ["the gate rbac is skipped", "the gate policy is skipped", "a bool is an int"])
def test_it_disagrees_as_soon_as_a_bug_is_planted(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    PLANTED[bug](monkeypatch)
    assert _disagreements(BATCH, seed=1, seen=set())


def _disagreements(requests: int, *, seed: int, seen: set[tuple[str, str]]) -> list[Any]:
    policies, entities = prepared(BUNDLE, PEOPLE)
    dice = random.Random(seed)  # noqa: S311  # always the same requests
    found = []
    for _ in range(requests // BATCH):
        snapshots = [_snapshot(dice) for _ in range(BATCH)]
        answers = cedarpy.is_authorized_batch([request_of(one) for one in snapshots], policies, entities)
        for snapshot, answer in zip(snapshots, answers, strict=True):
            decision = evaluate(BUNDLE, snapshot)
            seen.add((snapshot.operation, decision.code or decision.effect))
            if answer.allowed is (decision.code in BEFORE):
                found.append((snapshot, decision, answer.diagnostics.errors))
    return found


def _snapshot(dice: random.Random) -> Any:
    name = dice.choice([*NAMES, "files.shred"])
    person = dice.choice(sorted(PEOPLE))
    names = [one for one in LIKELY.get(name, []) if dice.random() < 0.85]
    names += [dice.choice(sorted(VALUES))] if dice.random() < 0.15 else []
    params = {one: dice.choice(VALUES[one][: dice.choice([2, 9])]) for one in names}
    return asking(name, params=params, requester=Party("human", person, person, PEOPLE[person]))
