"""A runtime takes jobs under a lease, begins them, and says that it is still at it."""

from datetime import datetime, timedelta
from itertools import islice

from django.db import connection
from django.utils import timezone

from ledger.kinds import Kind
from ledger.services import state_move, unit
from opsportal.core.actor import Actor, ActorKind
from opsportal.core.errors import ConflictError
from remediation import engine
from remediation.active import Active, active_contract
from remediation.models import Job, Proposal, Runtime
from remediation.services.approvals import proposal_stale
from remediation.services.brakes import contract_trusted
from remediation.services.decisions import refusal_enter
from remediation.services.jobs import job_cancel_now, snapshot_authorising

LEASE = timedelta(seconds=60)
HEARTBEAT = timedelta(seconds=30)
LOOKED_AT = 200  # of a long queue: what is held back at its head does not keep the rest waiting
_HELD = frozenset({"EMERGENCY_STOP", "FROZEN", "SAFE_MODE", "BUNDLE_DRIFT", "DEPT_INACTIVE"})


def actor_of_runtime(runtime: Runtime) -> Actor:
    """Return the runtime as the ledger knows it."""
    return Actor(kind=ActorKind.RUNTIME, id=str(runtime.code), institution_id=runtime.institution_id)


def jobs_claim(*, runtime: Runtime, limit: int) -> list[Job]:
    """Lease up to ``limit`` waiting jobs to ``runtime`` and return them, oldest first; each to one claim only.

    The engine is asked once more about everything with an effect: roles, brakes and the contract count as they are
    now. What is held back stays in the queue; what is no longer allowed is cancelled.
    """
    actor, at = actor_of_runtime(runtime), timezone.now()
    waiting = Job.objects.filter(
        runtime=runtime, status=Job.Status.ENQUEUED, not_before__lte=at, expires_at__gt=at
    ).order_by("pk")
    if not waiting.exists():
        return []  # most polls find nothing, and take no lock for that
    with contract_trusted(runtime.institution_id), unit(runtime.institution_id, actor):
        locked = waiting.select_for_update(of=("self",), skip_locked=connection.vendor == "postgresql")
        rows = locked.select_related("proposal__department", "proposal__runtime", "proposal__bundle", "approval")
        active = active_contract(runtime.department)
        allowed = (job for job in rows[:LOOKED_AT] if _is_allowed(job, active, actor, at))
        return [_leased(job, actor, at) for job in islice(allowed, limit)]


def job_start(*, job: Job, runtime: Runtime) -> Job:
    """Note that the runtime begins; from now on a lost lease means that the outcome is unknown.

    Raises ConflictError when the job is not leased to it any more.
    """
    actor, at = actor_of_runtime(runtime), timezone.now()
    with unit(runtime.institution_id, actor):
        is_its = job.runtime_id == runtime.pk
        if is_its and job.status == Job.Status.LEASED and job.lease_expires_at and job.lease_expires_at > at:
            state_move(
                job,
                to=Job.Status.RUNNING,
                kind=Kind.JOB_STARTED,
                actor=actor,
                bundle=job.proposal.bundle.digest,
                data={"runtime": runtime.code},
                started_at=at,
                lease_expires_at=at + LEASE,
            )
            return job
    raise ConflictError("This job is not leased to this runtime any more.", code="LEASE_LOST")


def job_renew(*, job: Job, runtime: Runtime) -> Job:
    """Lengthen the lease; a lease enters no ledger. Raises ConflictError when it is lost."""
    at = timezone.now()
    held = Job.objects.filter(pk=job.pk, runtime=runtime, status__in=[Job.Status.LEASED, Job.Status.RUNNING])
    if not held.filter(lease_expires_at__gt=at).update(lease_expires_at=at + LEASE):
        raise ConflictError("This job is not leased to this runtime any more.", code="LEASE_LOST")
    job.refresh_from_db()
    return job


def _leased(job: Job, actor: Actor, at: datetime) -> Job:
    return state_move(
        job,
        to=Job.Status.LEASED,
        kind=Kind.JOB_CLAIMED,
        actor=actor,
        bundle=job.proposal.bundle.digest,
        data={"runtime": job.runtime.code},
        lease_expires_at=at + LEASE,
    )


def _is_allowed(job: Job, active: Active | None, actor: Actor, at: datetime) -> bool:
    proposal = job.proposal
    if active is None or active.release.bundle_id != proposal.bundle_id:
        _end(job, proposal, "CONTRACT_CHANGED", actor)
        return False
    decision = engine.evaluate(active.rules, snapshot_authorising(proposal, active, job.approval, at=at))
    is_dry_run = job.mode == Job.Mode.DRY_RUN
    if decision.effect == "allowed" or (is_dry_run and decision.code == "DRY_RUN_REQUIRED"):
        return True
    if decision.code not in _HELD:
        refusal_enter(proposal, decision, actor)
        _end(job, proposal, decision.code or "NOT_APPROVED", actor)
    return False


def _end(job: Job, proposal: Proposal, code: str, actor: Actor) -> None:
    job_cancel_now(job, actor, code=code)
    if proposal.status in {*Proposal.OPEN, Proposal.Status.APPROVED}:
        proposal_stale(proposal, job.approval, code=code, actor=actor)
