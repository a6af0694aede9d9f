"""Breaking the glass: at once, within a clause, and reviewed by somebody else."""

import json

import pytest

from ledger.models import Entry
from opsportal.core.errors import ConflictError, InvalidError, RefusedError
from remediation import services
from remediation.models import Approval, Bundle, Job, Proposal
from tests.remediation.factories import Governed


@pytest.fixture
def clause(governed: Governed) -> str:
    """The clause of the contract in force that lets its owner delete files at once."""
    rules = json.loads(Bundle.objects.get().artifacts["approvals.json"])
    (found,) = [one["id"] for one in rules["emergencies"] if "files.delete" in one["operations"]]
    return str(found)


def broken(governed: Governed, clause: str) -> Proposal:
    proposal = governed.asked(emergency=clause)
    governed.runtime.dry_run(Job.objects.get(proposal=proposal, mode="dry_run"))
    proposal.refresh_from_db()
    return proposal


def test_the_clause_stands_in_for_the_approval_and_says_so(governed: Governed, clause: str) -> None:
    proposal = broken(governed, clause)
    assert (proposal.status, proposal.needs_approval) == ("approved", False)
    assert proposal.review_due_at is not None
    assert not Approval.objects.exists()
    assert Job.objects.filter(proposal=proposal, mode="execute").count() == 1
    assert Entry.objects.filter(kind="EMERGENCY_USED", case=proposal.case).count() == 1


def test_until_it_was_reviewed_the_same_person_cannot_do_it_again(governed: Governed, clause: str) -> None:
    proposal = broken(governed, clause)
    with pytest.raises(ConflictError) as refused:
        governed.asked(emergency=clause, idempotency_key="again")
    assert refused.value.code == "REVIEW_OWED"
    with pytest.raises(RefusedError):
        services.emergency_review(proposal=proposal, actor=governed.owner, verdict="justified", note="mine")
    with pytest.raises(InvalidError):
        services.emergency_review(proposal=proposal, actor=governed.executive, verdict="justified", note=" ")
    services.emergency_review(proposal=proposal, actor=governed.executive, verdict="justified", note="it was full")
    services.emergency_review(proposal=proposal, actor=governed.executive, verdict="unjustified", note="again")
    assert Entry.objects.filter(kind="EMERGENCY_REVIEWED").count() == 1
    assert governed.asked(emergency=clause, idempotency_key="again").status == "requested"


def test_a_clause_that_the_contract_does_not_have_denies(governed: Governed) -> None:
    proposal = broken(governed, "because_i_say_so")
    assert (proposal.status, proposal.decision["code"]) == ("denied", "EMERGENCY_DENIED")
    assert not Job.objects.filter(mode="execute").exists()


def test_what_was_approved_as_usual_needs_no_review(governed: Governed) -> None:
    proposal = governed.waiting()
    with pytest.raises(ConflictError):
        services.emergency_review(proposal=proposal, actor=governed.executive, verdict="justified", note="x")
