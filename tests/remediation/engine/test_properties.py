"""What is true of every decision. Each property is a plain function too, so that planted bugs can be tried on it."""

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from remediation.engine import Party, Snapshot, bundle_load, evaluate, impact, vote_judge
from tests.remediation.engine.desk import Desk
from tests.remediation.engine.factories import BUNDLE, NAMES, contract, texts, vote
from tests.remediation.engine.strategies import snapshots, votes

RANKS = {"denied": 0, "needs_approval": 1, "allowed": 2}
SHORT = settings(max_examples=100)
governed = st.sampled_from(["files.move", "files.delete"])


def rank(snapshot: Snapshot) -> int:
    """Return how far the request came: 0 denied, 1 needs votes, 2 allowed."""
    return RANKS[evaluate(BUNDLE, snapshot).effect]


@SHORT
@given(snapshots())
def test_the_same_input_gives_the_same_decision(snapshot: Snapshot) -> None:
    again = bundle_load(texts(contract()))
    assert evaluate(BUNDLE, snapshot) == evaluate(again, replace(snapshot)) == evaluate(BUNDLE, snapshot)


@SHORT
@given(snapshots(), st.sampled_from(["", "files.LIST", "files.list ", "*", "files"]) | st.text(max_size=5))
@pytest.mark.spec("V16")
def test_no_undeclared_operation_is_ever_allowed(snapshot: Snapshot, name: str) -> None:
    if name not in NAMES:
        assert rank(replace(snapshot, operation=name)) == 0


@SHORT
@given(snapshots())
@pytest.mark.spec("V15")
def test_a_denial_has_code_and_reason_and_nothing_else_has_a_code(snapshot: Snapshot) -> None:
    decision = evaluate(BUNDLE, snapshot)
    is_denied = decision.effect == "denied"
    assert bool(decision.code) is is_denied
    assert decision.reason or decision.effect == "allowed"
    assert decision.code != "ENGINE_FAULT"
    assert not is_denied or (decision.trace[-1].code, decision.stages) == (decision.code, ())


@SHORT
@given(snapshots(governed), st.sampled_from(["check", "decide"]), st.data())
@pytest.mark.spec("V28")
def test_no_vote_of_ones_own_helps(snapshot: Snapshot, stage: str, data: st.DataObject) -> None:
    mine = vote(replace(snapshot.requester, kind="human"), stage, plan=snapshot.plan, at=snapshot.at)
    at = data.draw(st.integers(0, len(snapshot.votes)))
    assert rank(replace(snapshot, votes=(*snapshot.votes[:at], mine, *snapshot.votes[at:]))) <= rank(snapshot)


@SHORT
@given(snapshots(governed), votes)
@pytest.mark.spec("V28")
def test_no_vote_of_a_machine_helps(snapshot: Snapshot, given_vote: object) -> None:
    machine = vote(Party("agent", "agent:m", "zoe", ("owner", "clerk")), plan=snapshot.plan, at=snapshot.at)
    assert rank(replace(snapshot, votes=(*snapshot.votes, machine))) <= rank(snapshot)
    assert vote_judge(BUNDLE, snapshot, machine).effect == "denied"


@SHORT
@given(snapshots(governed))
def test_dropping_a_vote_in_favour_never_helps(snapshot: Snapshot) -> None:
    decision = evaluate(BUNDLE, snapshot)
    if decision.code == "APPROVAL_SOD_VIOLATION":
        return  # that vote was no help to begin with
    for number, given_vote in enumerate(snapshot.votes):
        if given_vote.verdict == "approve":
            fewer = snapshot.votes[:number] + snapshot.votes[number + 1 :]
            assert rank(replace(snapshot, votes=fewer)) <= RANKS[decision.effect]


@SHORT
@given(snapshots(governed))
def test_a_judged_vote_never_breaks_what_was_well(snapshot: Snapshot) -> None:
    for stage in ("check", "decide"):
        one = vote(Party("human", "user:zoe", "zoe", ("owner",)), stage, plan=snapshot.plan, at=snapshot.at)
        if vote_judge(BUNDLE, snapshot, one).effect == "allowed":
            assert rank(replace(snapshot, votes=(*snapshot.votes, one))) >= rank(snapshot)


@SHORT
@given(snapshots(), st.lists(st.sampled_from(["root", "admin", "*", "Owner", "owner ", "OWNER"]), min_size=1))
def test_unknown_roles_never_help(snapshot: Snapshot, roles: list[str]) -> None:
    stranger = replace(snapshot.requester, roles=(*snapshot.requester.roles, *roles))
    assert rank(replace(snapshot, requester=stranger)) == rank(snapshot)
    only = replace(snapshot.requester, roles=tuple(roles))
    assert rank(replace(snapshot, requester=only)) == 0


@settings(max_examples=25)
@given(snapshots(), st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_matter(snapshot: Snapshot, shuffler: random.Random) -> None:
    shuffled = bundle_load(texts({name: _shuffle(value, shuffler) for name, value in contract().items()}))
    names = list(snapshot.params)
    shuffler.shuffle(names)
    other = replace(snapshot, params={name: snapshot.params[name] for name in names})
    assert shuffled.digest == BUNDLE.digest
    before, after = evaluate(BUNDLE, snapshot), evaluate(shuffled, other)
    assert (before.effect, before.code, before.gate) == (after.effect, after.code, after.gate)


def _shuffle(value: object, shuffler: random.Random) -> object:
    if isinstance(value, dict):
        names = list(value)
        shuffler.shuffle(names)
        return {name: _shuffle(value[name], shuffler) for name in names}
    return [_shuffle(item, shuffler) for item in value] if isinstance(value, list) else json.loads(json.dumps(value))


@settings(max_examples=30)
@given(st.lists(snapshots(), max_size=6))
def test_replaying_the_same_version_changes_nothing(history: list[Snapshot]) -> None:
    again = bundle_load(texts(contract()))
    result = impact(BUNDLE, again, [(str(number), one) for number, one in enumerate(history)])
    assert (result.total, result.changes, result.counts) == (len(history), (), ())


@pytest.mark.spec("V28")
def test_nothing_runs_at_the_desk_that_should_not() -> None:
    run_state_machine_as_test(Desk, settings=settings(max_examples=60, stateful_step_count=25, deadline=None))
