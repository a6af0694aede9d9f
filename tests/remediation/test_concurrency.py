"""Four people press at the same moment, from four processes: one job, never fewer people than are needed, one outcome."""

import json
import os
from typing import Any

import pytest

from tests.lab.fixtures import installation, template_url
from tests.lab.installation import Installation
from tests.ledger.fleet import verified

__all__ = ["installation", "template_url"]
pytestmark = pytest.mark.slow
# OPSPORTAL_RACES=full makes 300 rounds, which takes minutes.
APPROVING, CONTRADICTING, NAIVE = (150, 75, 75) if os.environ.get("OPSPORTAL_RACES") == "full" else (40, 25, 25)
NEEDED = 2


def pressed(installation: Installation, mode: str, rounds: int) -> list[dict[str, Any]]:
    """Let the crowd press, and return what became of each round."""
    command = ("-m", "tests.remediation.attacks.crowd", mode, str(rounds))
    process = installation.start(*command, log=mode)
    assert process.wait(timeout=300) == 0, installation.log(mode)[-3000:]
    said = json.loads(installation.log(mode).splitlines()[-1])
    found = verified(installation)[said["institution"]]
    assert found[1] == "[]"
    return list(said["rounds"])


def faults(rounds: list[dict[str, Any]]) -> tuple[int, int]:
    """Return in how many rounds there was more than one job, and in how many a job with too few people behind it."""
    double = sum(one["jobs"] > 1 for one in rounds)
    return double, sum(one["jobs"] > 0 and one["approvers"] < NEEDED for one in rounds)


@pytest.mark.spec("V21", "V28")
def test_a4_two_approvers_the_first_again_and_the_requester_make_one_job(installation: Installation) -> None:
    rounds = pressed(installation, "approve", APPROVING)
    assert len(rounds) == APPROVING
    assert faults(rounds) == (0, 0)
    for one in rounds:
        assert (one["jobs"], one["approvers"], one["rows"], one["decided"]) == (1, 2, 2, 1), one
        assert one["status"] == ["approved", "approved"]
        said = one["answers"]
        assert sorted((said["a"], said["a again"])) in (["", "ALREADY_VOTED"], ["", "ALREADY_DECIDED"]), one
        assert said["b"] == "", one
        assert said["fourth"] in {"APPROVAL_SOD_VIOLATION", "ALREADY_DECIDED"}, one
    firsts = {("a" if one["answers"]["a"] == "" else "a again") for one in rounds}
    assert firsts == {"a", "a again"}, "the two never met: the test tries nothing"


@pytest.mark.spec("V21", "V28")
def test_a4_an_approval_against_a_rejection_has_exactly_one_outcome(installation: Installation) -> None:
    rounds = pressed(installation, "contradict", CONTRADICTING)
    outcomes = {"approved": 0, "rejected": 0}
    for one in rounds:
        approval, proposal = one["status"]
        assert (approval, one["decided"]) == (proposal, 1), one
        assert one["jobs"] == (1 if approval == "approved" else 0), one
        is_rejecting = one["answers"]["fourth"] == ""
        assert is_rejecting == (approval == "rejected"), one
        assert set(one["answers"].values()) <= {"", "ALREADY_VOTED", "ALREADY_DECIDED"}, one
        outcomes[approval] += 1
    assert faults(rounds) == (0, 0)
    assert min(outcomes.values()) > 0, f"it was no race: {outcomes}"


def test_a4_who_looks_first_and_then_inserts_is_caught_by_the_same_count(installation: Installation) -> None:
    """The test of the test: without lock and constraint the same crowd makes double jobs."""
    double, too_few = faults(pressed(installation, "naive", NAIVE))
    assert double + too_few > NAIVE // 20, (double, too_few)
