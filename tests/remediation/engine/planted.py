"""Bugs that engines of this kind have had, planted one at a time. Each must be found, or the tests prove nothing."""

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from remediation.engine.ballots import Tally, tally
from remediation.engine.bundle import Bundle
from remediation.engine.gates import GATES, PASSED, denied
from remediation.engine.params import value_is
from remediation.engine.parts import ApprovalRule, Operation
from remediation.engine.snapshot import Snapshot

Plant = Callable[[pytest.MonkeyPatch], None]


def _replaced(name: str, variant: Any) -> Plant:
    """Return what puts ``variant`` in the place of ``name`` wherever the engine has imported it."""

    def plant(monkeypatch: pytest.MonkeyPatch) -> None:
        for module in [module for place, module in sys.modules.items() if place.startswith("remediation.engine.")]:
            if hasattr(module, name):
                monkeypatch.setattr(module, name, variant)

    return plant


def _skipped(gate: str) -> Plant:
    return lambda monkeypatch: monkeypatch.setitem(GATES, gate, lambda *_: PASSED[gate])


def _off_by_one(_: Bundle, operation: Operation, snapshot: Snapshot) -> Any:
    is_over = any(snapshot.used.get(budget.id, 0) > budget.limit for budget in operation.budgets)
    return denied("budget", "BUDGET_EXCEEDED", "Too many.") if is_over else PASSED["budget"]


def _unknown_is_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bundle, "governing", lambda self, name: self.operation(name) or self.operations[1])


def _deaf_to_rejections(rule: ApprovalRule, snapshot: Snapshot) -> Tally:
    return replace(tally(rule, snapshot), is_rejected=False)


def _reversed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("remediation.engine.evaluation.GATES", dict(reversed(GATES.items())))


def _anybodys_emergency(operation: Operation, snapshot: Snapshot) -> Any:
    return next(iter(operation.emergencies.values()), None) if snapshot.emergency else None


PLANTED: dict[str, Plant] = {
    "the requester may approve": _replaced("is_own", lambda *_: False),
    "a second account may approve": _replaced("is_own", lambda snapshot, vote: vote.voter.id == snapshot.requester.id),
    "one person counts twice": _replaced("is_repeated", lambda *_: False),
    "who delegates counts apart": _replaced("people_of", lambda vote: {vote.voter.person}),
    "the digest is not compared": _replaced("is_bound", lambda *_: True),
    "the expiry is ignored": _replaced("is_expired", lambda *_: False),
    "the very second of the expiry is in time": _replaced(
        "is_expired", lambda snapshot, at: snapshot.approval_expires_at is None or at > snapshot.approval_expires_at
    ),
    "a machine may approve": _replaced("is_machine", lambda *_: False),
    "the loss of a role is ignored": _replaced("is_entitled", lambda stage, vote: vote.stage == stage.id),
    "the roles of any stage do": _replaced(
        "is_entitled", lambda stage, vote: vote.stage == stage.id and {"owner", "clerk"} & set(vote.voter.roles)
    ),
    "a vote of another stage counts": _replaced(
        "is_entitled", lambda stage, vote: bool(set(stage.roles) & set(vote.voter.roles))
    ),
    "one vote less is enough": _replaced("is_enough", lambda stage, count: count >= stage.quorum - 1),
    "the budget has one more": lambda monkeypatch: monkeypatch.setitem(GATES, "budget", _off_by_one),
    "windows never open": _replaced("is_open", lambda *_: False),
    "an unknown operation is like a known one": _unknown_is_the_first,
    "a bool is an int": _replaced(
        "value_is", lambda kind, value: value_is(kind, value) or (kind in {"int", "bool"} and isinstance(value, int))
    ),
    "rejections are not heard": _replaced("tally", _deaf_to_rejections),
    "risk needs no rule": _replaced("AUTOMATIC_RISKS", {"R0", "R1", "R2", "R3"}),
    "anybody may call an emergency": _replaced("emergency_clause", _anybodys_emergency),
    "the gates stand in another order": _reversed,
} | {f"the gate {gate} is skipped": _skipped(gate) for gate in GATES if gate != "mandate"}

# What somebody at the desk can bring about; the others are found by the table alone.
AT_THE_DESK = [
    "the requester may approve",
    "one person counts twice",
    "who delegates counts apart",
    "the digest is not compared",
    "the expiry is ignored",
    "the very second of the expiry is in time",
    "a machine may approve",
    "the loss of a role is ignored",
    "the roles of any stage do",
    "a vote of another stage counts",
    "one vote less is enough",
    "the budget has one more",
    "windows never open",
    "an unknown operation is like a known one",
    "a bool is an int",
    "the gate freeze is skipped",
    "the gate approval is skipped",
    "the gate sod is skipped",
    "the gate budget is skipped",
]
