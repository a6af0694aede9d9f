"""One vote is judged before it is counted, and pages learn how far an approval is."""

from dataclasses import replace
from typing import Any

import pytest

from remediation.engine import Party, Vote, stage_open, stages_progress, vote_judge
from tests.remediation.engine.attacks import STRANGER, deleting, moving
from tests.remediation.engine.factories import ANA, BO, BUNDLE, CLEO, DIA, EXPIRES, NOW, ROBOT, asking, vote

CHECKED = (vote(BO, "check", at=NOW - 9), vote(DIA, "check", at=NOW - 8))
EVE = Party("human", "user:eve", "eve", ("owner",))
MACHINE = Party("agent", "agent:x", "eve", ("owner",))


@pytest.mark.spec("V28")
@pytest.mark.parametrize(
    ("votes", "given", "code"),
    [
        ((), vote(BO, "check"), ""),
        ((), vote(CLEO, "check"), ""),
        ((), vote(CLEO, "check", verdict="reject"), ""),
        (CHECKED, vote(CLEO), ""),
        (CHECKED, vote(CLEO, delegated_from="eve"), ""),
        ((), vote(ANA, "check"), "APPROVAL_SOD_VIOLATION"),
        ((), vote(ANA, "check", verdict="reject"), "APPROVAL_SOD_VIOLATION"),
        ((), vote(BO, "check", delegated_from="ana"), "APPROVAL_SOD_VIOLATION"),
        ((), vote(MACHINE, "check"), "APPROVAL_SOD_VIOLATION"),
        ((), vote(replace(BO, person=""), "check"), "APPROVAL_SOD_VIOLATION"),
        ((), vote(STRANGER, "check"), "RBAC_DENIED"),
        ((), vote(CLEO, "decide"), "RBAC_DENIED"),
        ((), vote(CLEO, "unknown"), "RBAC_DENIED"),
        (CHECKED, vote(Party("human", "user:z", "zoe", ("clerk",))), "RBAC_DENIED"),
        (CHECKED[:1], vote(BO, "check"), "ALREADY_VOTED"),
        (CHECKED[:1], vote(BO, "check", verdict="reject"), "ALREADY_VOTED"),
        (CHECKED[:1], vote(DIA, "check", delegated_from="bo"), "ALREADY_VOTED"),
        (CHECKED, vote(DIA), "ALREADY_VOTED"),
        ((*CHECKED, vote(CLEO)), vote(EVE), "ALREADY_VOTED"),
        ((vote(BO, "check", verdict="reject"),), vote(BO, "check"), "ALREADY_VOTED"),
        ((vote(BO, "check", verdict="reject"),), vote(CLEO, "check"), "APPROVAL_REJECTED"),
        ((), vote(BO, "check", plan="0" * 64), "PLAN_STALE"),
        ((), vote(BO, "check", plan=""), "PLAN_STALE"),
        ((), vote(BO, "check", at=EXPIRES), "APPROVAL_EXPIRED"),
        ((), vote(BO, "check", verdict="perhaps"), "RBAC_DENIED"),
    ],
)
def test_a_vote_gets_its_verdict(votes: tuple[Vote, ...], given: Vote, code: str) -> None:
    decision = vote_judge(BUNDLE, deleting(votes=votes), given)
    assert (decision.effect, decision.code) == ("denied" if code else "allowed", code)
    assert bool(decision.reason) is bool(code)


@pytest.mark.spec("V28")
@pytest.mark.parametrize(("at", "code"), [(EXPIRES - 1, ""), (EXPIRES, "APPROVAL_EXPIRED")])
def test_exactly_at_the_expiry_is_too_late(at: int, code: str) -> None:
    assert vote_judge(BUNDLE, moving(at=at), vote(BO, at=at)).code == code


@pytest.mark.spec("V28")
def test_the_owner_of_an_agent_does_not_decide_on_its_wish() -> None:
    assert vote_judge(BUNDLE, moving(requester=ROBOT), vote(ANA)).code == "APPROVAL_SOD_VIOLATION"
    assert vote_judge(BUNDLE, moving(requester=ROBOT), vote(BO)).effect == "allowed"


def test_votes_on_an_earlier_plan_do_not_keep_anybody_from_voting_on_the_new_one() -> None:
    assert vote_judge(BUNDLE, moving(vote(BO, plan="0" * 64)), vote(BO)).effect == "allowed"


@pytest.mark.parametrize("name", ["files.list", "files.wipe", "files.shred"])
def test_nobody_votes_where_no_rule_asks_for_it(name: str) -> None:
    assert vote_judge(BUNDLE, asking(name), vote(BO)).code == "APPROVAL_RULE_MISSING"
    assert stage_open(BUNDLE, asking(name)) is None
    assert stages_progress(BUNDLE, asking(name)) == ()


@pytest.mark.parametrize("changes", [{"votes": (None,)}, {"requester": None}, {"operation": []}])
def test_a_fault_inside_refuses_the_vote(changes: dict[str, Any]) -> None:
    assert vote_judge(BUNDLE, deleting(**changes), vote(BO, "check")).code == "ENGINE_FAULT"


def test_stages_open_one_after_the_other() -> None:
    seen = [_open_and_progress(votes) for votes in ((), CHECKED[:1], CHECKED, (*CHECKED, vote(CLEO)))]
    assert seen == [
        ("check", ["0 of 2", "0 of 1"]),
        ("check", ["1 of 2", "0 of 1"]),
        ("decide", ["2 of 2", "0 of 1"]),
        ("", ["2 of 2", "1 of 1"]),
    ]


def _open_and_progress(votes: tuple[Vote, ...]) -> tuple[str, list[str]]:
    snapshot = deleting(votes=votes)
    stage = stage_open(BUNDLE, snapshot)
    progress = stages_progress(BUNDLE, snapshot)
    assert [one.stage for one in progress if one.is_open] == ([stage] if stage else [])
    return stage.id if stage else "", [str(one) for one in progress]
