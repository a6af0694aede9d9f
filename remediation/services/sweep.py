"""What time alone changes: approvals and jobs expire, lost leases are noticed."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from ledger.kinds import Kind
from ledger.services import state_move, unit
from opsportal.core.actor import TICKER, Actor
from opsportal.core.scope import institution_scope
from remediation.models import Approval, Job, Proposal, SeenNonce
from remediation.services.approvals import approval_expire
from remediation.services.jobs import DRY_RUN_WITHIN
from remediation.services.outcomes import outcomes_hold

NONCE_KEPT = timedelta(minutes=10)


def governance_sweep(institution_id: UUID, *, actor: Actor = TICKER) -> None:
    """Expire what is over and notice lost leases in one institution; each in a transaction of its own.

    A lease that was lost before the job began puts it back into the queue; one that was lost afterwards leaves the
    outcome unknown: it is never tried again, the runtime's journal tells.
    """
    at = timezone.now()
    with institution_scope(institution_id):
        for approval in Approval.objects.filter(status=Approval.Status.PENDING, expires_at__lte=at):
            approval_expire(approval, actor=actor)
        over = Q(lease_expires_at__lte=at) | Q(lease_expires_at=None, expires_at__lte=at)
        active = Job.objects.filter(over, status__in=Job.ACTIVE)
        for job in active.select_related("proposal__bundle", "runtime"):
            _job_look(job, actor)
        _abandoned_expire(at, actor)
        outcomes_hold(actor=actor)
        SeenNonce.objects.filter(seen_at__lt=at - NONCE_KEPT).delete()


def _abandoned_expire(at: datetime, actor: Actor) -> None:
    """Let expire what waits for a dry-run that nobody will tell any more: it was cancelled, or its machine is silent."""
    waiting = Proposal.objects.filter(status=Proposal.Status.REQUESTED, created_at__lte=at - DRY_RUN_WITHIN)
    for proposal in waiting.exclude(jobs__status__in=Job.ACTIVE):
        with unit(proposal.institution_id, actor):
            locked = Proposal.objects.select_for_update().get(pk=proposal.pk)
            if locked.status == Proposal.Status.REQUESTED:
                _proposal_expire(locked, actor)


def _job_look(job: Job, actor: Actor) -> None:
    at = timezone.now()
    bundle = job.proposal.bundle.digest
    with unit(job.institution_id, actor):
        locked = Job.objects.select_for_update().filter(pk=job.pk).first()
        is_held = locked is not None and locked.lease_expires_at is not None and locked.lease_expires_at > at
        if locked is None or is_held:
            return
        runtime = {"runtime": job.runtime.code}
        if locked.status == Job.Status.RUNNING:
            state_move(
                job,
                to=Job.Status.OUTCOME_UNKNOWN,
                kind=Kind.JOB_OUTCOME_UNKNOWN,
                actor=actor,
                bundle=bundle,
                data=runtime,
            )
        elif locked.expires_at <= at and locked.status in {Job.Status.ENQUEUED, Job.Status.LEASED}:
            state_move(job, to=Job.Status.EXPIRED, kind=Kind.JOB_EXPIRED, actor=actor, bundle=bundle)
            _proposal_expire(job.proposal, actor)
        elif locked.status == Job.Status.LEASED:
            state_move(
                job,
                to=Job.Status.ENQUEUED,
                kind=Kind.JOB_RETURNED,
                actor=actor,
                bundle=bundle,
                data=runtime,
                lease_expires_at=None,
            )


def _proposal_expire(proposal: Proposal, actor: Actor) -> None:
    """A proposal whose order nobody came for is over."""
    if proposal.status in {Proposal.Status.REQUESTED, Proposal.Status.APPROVED}:
        state_move(
            proposal,
            to=Proposal.Status.EXPIRED,
            kind=Kind.PROPOSAL_EXPIRED,
            actor=actor,
            decided_at=proposal.decided_at or timezone.now(),
        )
