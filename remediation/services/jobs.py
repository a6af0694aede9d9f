"""Orders. ``job_create`` is the one function that orders anything with an effect."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

from django.utils import timezone

from ledger.kinds import Kind
from ledger.services import entry_record, state_move, unit
from opsportal.core.actor import Actor
from opsportal.core.canonical import Json, canonical_bytes
from opsportal.core.errors import ConflictError, RefusedError
from opsportal.institutions.access import Permission, require
from remediation import engine
from remediation.active import Active
from remediation.dsse import ORDER, envelope_sign
from remediation.models import Approval, Job, Proposal, Vote
from remediation.parties import engine_for
from remediation.services.keys import order_key
from remediation.snapshots import snapshot_of

DRY_RUN_WITHIN = timedelta(hours=1)


def job_create(proposal: Proposal, active: Active, *, at: datetime, actor: Actor) -> Job:
    """Order what was approved, within the caller's unit: the engine is asked once more, with all votes.

    Raises RefusedError when it does not say *allowed* now; the database refuses the row as well.
    """
    approval = Approval.objects.filter(proposal=proposal, status=Approval.Status.APPROVED).first()
    decision = engine.evaluate(active.rules, snapshot_authorising(proposal, active, approval, at=at))
    if decision.effect != "allowed":
        raise RefusedError(
            decision.reason or "People have to approve this first.", code=decision.code or "NOT_APPROVED"
        )
    assert proposal.plan_expires_at is not None  # noqa: S101  sealed: the constraint of the table says so
    return _order(
        proposal=proposal,
        mode=Job.Mode.EXECUTE,
        code=proposal.code,
        approval=approval,
        at=at,
        expires_at=proposal.plan_expires_at,
        actor=actor,
    )


def snapshot_authorising(
    proposal: Proposal, active: Active, approval: Approval | None, *, at: datetime
) -> engine.Snapshot:
    """Return the snapshot that counts when something is about to be done: with the votes, and everybody's roles now."""
    rows = Vote.objects.filter(approval=approval).select_related("voter", "delegation__from_user").order_by("pk")
    votes = list(rows) if approval else []
    # What people agreed to in time stays agreed to until the plan itself ends.
    is_settled = approval is not None and approval.status == Approval.Status.APPROVED
    ends_at = approval.expires_at if approval else None
    if is_settled:
        ends_at = proposal.plan_expires_at
    return snapshot_of(proposal, active, at=at, votes=votes, approval_expires_at=ends_at)


def dry_run_create(proposal: Proposal, *, actor: Actor) -> Job:
    """Order the runtime to look at what the proposal would do, within the caller's unit; nothing is changed by it."""
    at = timezone.now()
    return _order(
        proposal=proposal,
        mode=Job.Mode.DRY_RUN,
        code=uuid4(),
        approval=None,
        at=at,
        expires_at=at + DRY_RUN_WITHIN,
        actor=actor,
    )


def job_cancel(*, job: Job, actor: Actor) -> Job:
    """Cancel a job that nobody has taken yet; harmless when it is cancelled already.

    Raises RefusedError without ``approval.decide``, ConflictError once a runtime has it: its effect may remain.
    """
    require(actor, Permission.APPROVAL_DECIDE)
    if job.status == Job.Status.CANCELLED:
        return job
    if job.status != Job.Status.ENQUEUED:
        raise ConflictError(f"The job is {job.get_status_display().lower()}: it cannot be cancelled any more.")
    with unit(job.institution_id, actor):
        job_cancel_now(job, actor, code="CANCELLED_BY_PERSON")
    return job


def job_cancel_now(job: Job, actor: Actor, *, code: str) -> None:
    """Cancel a job, within the caller's unit."""
    state_move(
        job, to=Job.Status.CANCELLED, kind=Kind.JOB_CANCELLED, actor=actor, data={"code": code}, result_code=code
    )


def _order(
    *,
    proposal: Proposal,
    mode: Job.Mode,
    code: UUID,
    approval: Approval | None,
    at: datetime,
    expires_at: datetime,
    actor: Actor,
) -> Job:
    is_executing = mode is Job.Mode.EXECUTE
    voters = (
        approval.votes.filter(verdict=Vote.Verdict.APPROVE).values_list("voter__code", flat=True) if approval else ()
    )
    payload: dict[str, Json] = {
        "approval": str(approval.code) if approval else None,
        "approved_by": [str(voter) for voter in voters],
        "bundle": proposal.bundle.digest,
        "contract": proposal.bundle.contract,
        "department": proposal.department.name,
        "expires_at": int(expires_at.timestamp()),
        "institution": str(proposal.institution_id),
        "job": str(code),
        "mode": str(mode),
        "nonce": secrets.token_hex(16),
        "not_before": int(at.timestamp()),
        "operation": proposal.operation,
        "params": proposal.params,
        "plan": proposal.plan if is_executing else "",
        "plan_digest": proposal.plan_digest if is_executing else "",
        "proposal": str(proposal.code),
        "requested_by": proposal.requester_id,
        "runtime": str(proposal.runtime.code),
        "v": 1,
    }
    body = canonical_bytes(payload)
    kid, key = order_key(proposal.institution_id)
    job = Job.objects.create(
        code=code,
        institution_id=proposal.institution_id,
        proposal=proposal,
        approval=approval,
        runtime=proposal.runtime,
        mode=mode,
        plan_digest=proposal.plan_digest if is_executing else "",
        order=envelope_sign(body, kind=ORDER, key=key, keyid=kid),
        order_digest=sha256(body).hexdigest(),
        not_before=at,
        expires_at=expires_at,
        created_at=at,
    )
    entry_record(
        kind=Kind.JOB_ENQUEUED if is_executing else Kind.JOB_REQUESTED,
        subject=job,
        actor=engine_for(actor),
        bundle=proposal.bundle.digest,
        data={
            "runtime": proposal.runtime.code,
            "mode": str(mode),
            "order": job.order_digest,
            "plan": job.plan_digest or None,
        },
    )
    return job
