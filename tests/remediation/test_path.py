"""The whole way of one deletion: asked, looked at, approved, ordered, reported; and every turn off it."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.utils import timezone

from agents.chronicle import lines_of
from ledger.models import Entry
from ledger.verification import chain_verify
from opsportal.core.actor import Actor, ActorKind
from opsportal.core.errors import ConflictError, DomainError, ExpiredError, InvalidError, RefusedError
from opsportal.institutions.access import Role
from opsportal.institutions.current import access_opened
from opsportal.institutions.models import Member, User
from opsportal.institutions.selectors import access_find
from remediation import services
from remediation.models import Approval, Bundle, Job, Proposal, Vote
from tests.institutions.factories import actor_make
from tests.remediation.factories import Governed, contract_text


def kinds() -> list[str]:
    return list(Entry.objects.order_by("seq").values_list("kind", flat=True))


@pytest.mark.spec("V20", "V22", "V25")
def test_a_deletion_goes_its_whole_way_and_every_step_is_in_the_ledger(governed: Governed) -> None:
    before = len(kinds())
    proposal = governed.asked()
    assert (proposal.status, proposal.risk) == ("requested", "R2")
    dry_run = Job.objects.get(proposal=proposal)
    assert (dry_run.mode, dry_run.status) == ("dry_run", "enqueued")

    governed.runtime.dry_run(dry_run)
    proposal.refresh_from_db()
    assert (proposal.status, proposal.approval.status) == ("pending_approval", "pending")
    plan = json.loads(proposal.plan)
    assert plan["diff"] == [{"action": "delete", "path": "a.txt", "to": None}]
    assert not Job.objects.filter(mode="execute").exists()

    governed.voted(proposal)
    job = Job.objects.get(proposal=proposal, mode="execute")
    assert (proposal.status, proposal.approval.status, job.code) == ("approved", "approved", proposal.code)
    order = governed.runtime.order_of(job)
    assert (order["plan"], order["plan_digest"]) == (proposal.plan, proposal.plan_digest)
    assert order["approved_by"] == [governed.executive.id]

    governed.runtime.take(job)
    assert governed.runtime.report(job, result={"deleted": ["a.txt"]})
    job.refresh_from_db()
    assert (job.status, job.exit_code, job.result) == ("executed", 0, {"deleted": ["a.txt"]})

    assert kinds()[before:] == [
        *("PROPOSAL_CREATED", "JOB_REQUESTED", "JOB_CLAIMED", "JOB_STARTED", "RUNTIME_JOB_REPORTED"),
        *("PLAN_SEALED", "PROPOSAL_DECIDED", "APPROVAL_REQUESTED", "APPROVAL_VOTED", "APPROVAL_DECIDED"),
        *("PROPOSAL_DECIDED", "JOB_ENQUEUED", "JOB_CLAIMED", "JOB_STARTED", "RUNTIME_JOB_REPORTED"),
    ]
    cases = set(Entry.objects.order_by("-seq").values_list("case", flat=True)[:15])
    assert cases == {proposal.code}
    assert not chain_verify(governed.institution.pk).faults


@pytest.mark.spec("V17")
def test_looking_is_ordered_at_once(governed: Governed) -> None:
    proposal = services.proposal_create(
        department=governed.department, operation="files.list", params={}, actor=governed.owner
    )
    job = Job.objects.get(proposal=proposal)
    assert (proposal.status, job.mode, job.approval) == ("approved", "execute", None)
    assert proposal.params == {"path": ".", "recursive": False, "limit": 1000}


@pytest.mark.spec("V15", "V16")
@pytest.mark.parametrize(
    ("operation", "code", "kind"),
    [("files.shred", "OPERATION_UNKNOWN", "JOB_BLOCKED"), ("files.delete", "RBAC_DENIED", "JOB_BLOCKED")],
)
def test_what_the_contract_does_not_give_is_denied_with_a_code_a_reason_and_an_entry(
    governed: Governed, operation: str, code: str, kind: str
) -> None:
    proposal = services.proposal_create(
        department=governed.department,
        operation=operation,
        params={"paths": ["a.txt"]},
        reason="tidy",
        actor=governed.executive,
        idempotency_key="one",
    )
    assert (proposal.status, proposal.decision["code"]) == ("denied", code)
    assert proposal.decision["reason"].endswith(".")
    assert kinds()[-2:] == ["PROPOSAL_DECIDED", kind]
    assert not Job.objects.exists()


@pytest.mark.spec("V28")
def test_whoever_asks_cannot_approve(governed: Governed) -> None:
    both = actor_make(governed.institution, Role.OWNER, Role.EXECUTIVE_ADMIN)
    proposal = governed.waiting(actor=both)
    with pytest.raises(RefusedError) as refused:
        governed.voted(proposal, actor=both)
    assert (refused.value.status, refused.value.code) == (403, "APPROVAL_SOD_VIOLATION")
    assert not Vote.objects.exists()
    assert not Job.objects.filter(mode="execute").exists()


@pytest.mark.spec("V28")
def test_an_agent_never_approves(governed: Governed) -> None:
    proposal = governed.waiting()
    agent = Actor(kind=ActorKind.AGENT, id="A7", roles=frozenset({"owner"}))
    with pytest.raises(RefusedError, match="machines never do"):
        governed.voted(proposal, actor=agent)


@pytest.mark.spec("V28")
def test_the_wrong_role_cannot_approve(governed: Governed) -> None:
    proposal = governed.waiting()
    with pytest.raises(RefusedError) as refused:
        governed.voted(proposal, actor=actor_make(governed.institution, Role.DEVOPS))
    assert refused.value.status == 403


@pytest.mark.spec("V28")
def test_a_second_decision_is_a_conflict(governed: Governed) -> None:
    proposal = governed.waiting()
    governed.voted(proposal)
    with pytest.raises(ConflictError) as refused:
        governed.voted(proposal, actor=actor_make(governed.institution, Role.EXECUTIVE_ADMIN, Role.DEVOPS))
    assert refused.value.code == "ALREADY_DECIDED"
    assert Job.objects.filter(mode="execute").count() == 1


@pytest.mark.spec("V28")
def test_exactly_at_its_expiry_an_approval_is_over(governed: Governed) -> None:
    proposal = governed.waiting()
    with (
        time_machine.travel(proposal.approval.expires_at, tick=False),
        pytest.raises(ExpiredError),
    ):
        governed.voted(proposal)
    proposal.refresh_from_db()
    assert (proposal.status, Approval.objects.get().status) == ("expired", "expired")
    assert not Job.objects.filter(mode="execute").exists()


def test_a_rejection_needs_a_reason_and_ends_it(governed: Governed) -> None:
    proposal = governed.waiting()
    with pytest.raises(InvalidError) as refused:
        governed.voted(proposal, verdict="reject", reason=" ")
    assert list(refused.value.errors) == ["reason"]
    governed.voted(proposal, verdict="reject", reason="still needed")
    assert (proposal.status, Approval.objects.get().status) == ("rejected", "rejected")
    with pytest.raises(ConflictError):
        governed.voted(proposal)


def test_a_vote_is_for_the_plan_that_was_looked_at(governed: Governed) -> None:
    proposal = governed.waiting()
    with pytest.raises(ConflictError) as refused:
        governed.voted(proposal, plan_digest="0" * 64)
    assert refused.value.code == "PLAN_STALE"
    assert not Vote.objects.exists()


def test_another_contract_voids_what_waits(governed: Governed) -> None:
    proposal = governed.waiting()
    changed = contract_text().replace('version: "1.0.0"', 'version: "1.0.1"')
    bundle = services.bundle_compile(institution=governed.institution, source=changed, actor=governed.owner)
    services.bundle_release(department=governed.department, bundle=bundle, actor=governed.owner)
    proposal.refresh_from_db()
    assert (proposal.status, Approval.objects.get().status) == ("stale", "canceled")
    with pytest.raises(ConflictError):
        governed.voted(proposal)


def test_a_requester_who_lost_the_role_gets_nothing_done(governed: Governed) -> None:
    job = governed.ordered()
    Member.objects.get(user__code=governed.owner.id).roles.clear()
    assert services.jobs_claim(runtime=governed.runtime.row, limit=1) == []
    job.refresh_from_db()
    assert (job.status, job.result_code, job.proposal.status) == ("cancelled", "RBAC_DENIED", "stale")


def test_an_approver_who_lost_the_role_counts_no_more(governed: Governed) -> None:
    job = governed.ordered()
    Member.objects.filter(user__code=governed.executive.id).update(is_active=False)
    assert services.jobs_claim(runtime=governed.runtime.row, limit=1) == []
    job.refresh_from_db()
    assert (job.status, job.result_code) == ("cancelled", "NOT_APPROVED")


@pytest.mark.spec("V67")
@pytest.mark.parametrize("brake", ["stop", "freeze"])
def test_what_is_held_back_waits_and_goes_on_afterwards(governed: Governed, brake: str) -> None:
    job = governed.ordered()

    def pull(is_on: bool) -> None:
        if brake == "stop":
            services.brakes_stop(institution=governed.institution, is_stopped=is_on, actor=governed.owner)
        else:
            services.brakes_freeze(institution=governed.institution, is_frozen=is_on, actor=governed.owner)

    pull(True)
    assert services.jobs_claim(runtime=governed.runtime.row, limit=1) == []
    denied = governed.asked(idempotency_key="other")
    assert denied.decision["code"] == {"stop": "EMERGENCY_STOP", "freeze": "FROZEN"}[brake]
    pull(False)
    assert services.jobs_claim(runtime=governed.runtime.row, limit=1) == [job]


@pytest.mark.spec("V21")
def test_the_database_refuses_a_job_without_an_approval(governed: Governed) -> None:
    proposal = governed.waiting()
    columns = {
        "code": proposal.code,
        "institution": governed.institution,
        "proposal": proposal,
        "runtime": governed.runtime.row,
        "mode": "execute",
        "plan_digest": proposal.plan_digest,
        "not_before": timezone.now(),
        "expires_at": timezone.now() + timedelta(hours=1),
        "created_at": timezone.now(),
    }
    for approval in (None, proposal.approval):
        with pytest.raises(DatabaseError, match="governance"), transaction.atomic():
            Job.objects.create(approval=approval, **columns)
    # Not even with the statuses forced: an approval needs its votes.
    with pytest.raises(DatabaseError, match="governance"), transaction.atomic():
        Approval.objects.update(status="approved")
    with pytest.raises(DatabaseError, match="governance"), transaction.atomic():
        Proposal.objects.update(needs_approval=False)
    assert not Job.objects.filter(mode="execute").exists()


@pytest.mark.spec("V21")
@pytest.mark.parametrize("column", ["plan_digest", "runtime_id", "order_digest", "mode", "approval_id"])
def test_the_database_refuses_to_change_an_order(governed: Governed, column: str) -> None:
    job = governed.ordered()
    changed = {"runtime_id": 0, "mode": "dry_run", "approval_id": None}.get(column, "0" * 64)
    with pytest.raises(DatabaseError), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(**{column: changed})


@pytest.mark.spec("V21")
@pytest.mark.parametrize("column", ["verdict", "plan_digest", "stage"])
def test_the_database_refuses_to_change_a_vote(governed: Governed, column: str) -> None:
    governed.ordered()
    with pytest.raises(DatabaseError, match="governance"), transaction.atomic():
        Vote.objects.update(**{column: "reject"})


@pytest.mark.spec("V11")
def test_a_changed_artifact_puts_the_institution_into_safe_mode(governed: Governed) -> None:
    bundle = Bundle.objects.get()
    artifacts = {
        **bundle.artifacts,
        "rbac.json": bundle.artifacts["rbac.json"].replace("files.delete", "files.list", 1),
    }
    with pytest.raises(DatabaseError, match="governance"), transaction.atomic():
        Bundle.objects.update(artifacts=artifacts)


@pytest.mark.spec("V24")
def test_a_result_is_recorded_once(governed: Governed) -> None:
    job = governed.ordered()
    governed.runtime.take(job)
    envelope = governed.runtime.envelope(job)
    assert services.job_report(job=job, runtime=governed.runtime.row, envelope=envelope)
    assert not services.job_report(job=job, runtime=governed.runtime.row, envelope=envelope)
    with pytest.raises(ConflictError) as refused:
        governed.runtime.report(job, status="failed", code="OTHER")
    assert refused.value.code == "RESULT_CONTRADICTS"


@pytest.mark.parametrize(
    "changes",
    [{"order_digest": "0" * 64}, {"runtime": "x"}, {"result_sha256": "0" * 64}, {"status": "fine"}, {"v": 2}],
)
def test_a_result_that_belongs_elsewhere_is_refused(governed: Governed, changes: dict[str, object]) -> None:
    job = governed.ordered()
    governed.runtime.take(job)
    with pytest.raises(InvalidError):
        governed.runtime.report(job, **changes)  # type: ignore[arg-type]  # the keys are those of the payload
    job.refresh_from_db()
    assert job.status == "running"


@pytest.mark.spec("V23")
def test_a_job_goes_to_one_claim_only(governed: Governed) -> None:
    job = governed.ordered()
    assert services.jobs_claim(runtime=governed.runtime.row, limit=10) == [job]
    assert services.jobs_claim(runtime=governed.runtime.row, limit=10) == []


@pytest.mark.parametrize(("is_begun", "status"), [(False, "enqueued"), (True, "outcome_unknown")])
def test_a_lost_lease_is_noticed_and_what_was_begun_is_never_tried_again(
    governed: Governed, is_begun: bool, status: str
) -> None:
    job = governed.ordered()
    (job,) = services.jobs_claim(runtime=governed.runtime.row, limit=1)
    if is_begun:
        services.job_start(job=job, runtime=governed.runtime.row)
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
        services.governance_sweep(governed.institution.pk)
        job.refresh_from_db()
        assert job.status == status
        with pytest.raises(ConflictError):
            services.job_renew(job=job, runtime=governed.runtime.row)
        assert bool(services.jobs_claim(runtime=governed.runtime.row, limit=1)) is not is_begun


def test_a_late_result_settles_an_unknown_outcome(governed: Governed) -> None:
    job = governed.ordered()
    governed.runtime.take(job)
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
        services.governance_sweep(governed.institution.pk)
        assert governed.runtime.report(job)
    job.refresh_from_db()
    assert job.status == "executed"


def test_the_same_key_returns_the_first_and_another_request_with_it_is_refused(governed: Governed) -> None:
    first = governed.asked(idempotency_key="one")
    assert governed.asked(idempotency_key="one") == first
    with pytest.raises(ConflictError) as refused:
        governed.asked(idempotency_key="one", paths=["b.txt"])
    assert refused.value.code == "IDEMPOTENCY_KEY_REUSED"
    assert Proposal.objects.count() == 1


@pytest.mark.parametrize("params", [{"paths": ["a\0b"]}, {"paths": [1.5]}, {"Paths": ["a"]}, {"paths": ["x" * 70_000]}])
def test_parameters_that_cannot_be_kept_are_refused_and_nothing_is_written(
    governed: Governed, params: dict[str, object]
) -> None:
    before = len(kinds())
    with pytest.raises(InvalidError):
        services.proposal_create(
            department=governed.department,
            operation="files.delete",
            params=params,  # type: ignore[arg-type]  # bad on purpose
            reason="x",
            actor=governed.owner,
            idempotency_key="k",
        )
    assert (len(kinds()), Proposal.objects.count()) == (before, 0)


def test_a_proposal_can_be_taken_back_by_whoever_asked_only(governed: Governed) -> None:
    proposal = governed.waiting()
    with pytest.raises(RefusedError):
        services.proposal_withdraw(proposal=proposal, actor=governed.executive)
    services.proposal_withdraw(proposal=proposal, actor=governed.owner)
    assert (proposal.status, Approval.objects.get().status) == ("withdrawn", "canceled")
    with pytest.raises(DomainError):
        governed.voted(proposal)


def test_a_dry_run_that_failed_denies(governed: Governed) -> None:
    proposal = governed.asked()
    dry_run = Job.objects.get(proposal=proposal)
    governed.runtime.take(dry_run)
    governed.runtime.report(dry_run, status="failed", code="NOT_FOUND")
    proposal.refresh_from_db()
    assert (proposal.status, proposal.decision["code"]) == ("denied", "DRY_RUN_FAILED")


def test_a_plan_that_the_runtime_found_stale_ends_the_proposal(governed: Governed) -> None:
    job = governed.ordered()
    governed.runtime.take(job)
    governed.runtime.report(job, status="refused", code="PLAN_STALE")
    job.refresh_from_db()
    assert (job.status, job.result_code, job.proposal.status) == ("failed", "PLAN_STALE", "stale")


def test_the_ledger_says_who_did_it_the_engine_decides_and_machines_have_names(governed: Governed) -> None:
    job = governed.ordered()
    governed.runtime.take(job)
    governed.runtime.report(job)
    reader = access_find(User.objects.get(code=governed.owner.id), slug="home")
    assert reader is not None
    with access_opened(reader):
        lines = lines_of(Entry.objects.filter(case=job.proposal.case).order_by("seq"))
    said = {line.entry.kind: line for line in lines}
    assert {kind: line.actor for kind, line in said.items()} == {
        "PROPOSAL_CREATED": "owner-home",
        "APPROVAL_VOTED": "executive_admin-home",
        **dict.fromkeys(("JOB_CLAIMED", "JOB_STARTED", "RUNTIME_JOB_REPORTED"), "desk"),
        **dict.fromkeys(("JOB_REQUESTED", "PLAN_SEALED", "PROPOSAL_DECIDED", "APPROVAL_REQUESTED"), "The engine"),
        **dict.fromkeys(("APPROVAL_DECIDED", "JOB_ENQUEUED"), "The engine"),
    }
    assert said["JOB_ENQUEUED"].on_behalf_of == "executive_admin-home"
    assert said["PLAN_SEALED"].on_behalf_of == ""
