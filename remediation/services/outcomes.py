"""Did it help? The probe that opened the finding decides, not the exit code."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from ledger.kinds import Kind
from ledger.services import entry_record, unit
from opsportal.core.actor import Actor
from opsportal.core.errors import DomainError
from opsportal.core.queue import enqueue
from remediation.models import Job, Proposal
from scenarios.models import ProbeState, Run
from scenarios.selectors import run_get
from scenarios.services import scenario_run

# For so long after it was verified, the finding opening again means that it did not hold.
HOLDS = timedelta(hours=24)
_FAILING = frozenset({ProbeState.DOWN, ProbeState.DEGRADED})


def outcome_request(job: Job) -> None:
    """Queue the look at what a job for a finding has changed, within the caller's unit."""
    if job.mode == Job.Mode.EXECUTE and job.proposal.finding_id:
        enqueue("remediation.tasks.outcome_observe", str(job.institution_id), str(job.proposal.code))


def outcome_observe(*, proposal: Proposal, actor: Actor) -> Proposal:
    """Run the scenario of the proposal's finding now, and record whether its check is well.

    A check that cannot be looked at leaves the outcome unknown; so does a scenario that is disabled or gone. Repeated,
    it keeps the first answer.
    """
    if proposal.finding is None or proposal.outcome != Proposal.Outcome.UNKNOWN:
        return proposal
    try:
        summary = scenario_run(institution_id=proposal.institution_id, name=proposal.finding.scenario.name, actor=actor)
    except DomainError:
        return proposal
    run = run_get(UUID(str(summary.run_id)))
    state = _state_of(run, proposal.finding.check_name)
    if state == ProbeState.OK:
        _record(proposal, Proposal.Outcome.VERIFIED, run, actor)
    elif state in _FAILING:
        _record(proposal, Proposal.Outcome.INEFFECTIVE, run, actor)
    return proposal


def outcomes_hold(*, actor: Actor) -> int:
    """Record as regressed what was verified within a day and whose finding has opened again; return how many.

    Within the scope of an institution.
    """
    verified = Proposal.objects.filter(
        outcome=Proposal.Outcome.VERIFIED, outcome_at__gt=timezone.now() - HOLDS, finding__isnull=False
    ).select_related("finding")
    regressed = [
        proposal
        for proposal in verified
        if proposal.finding and proposal.outcome_at and proposal.finding.opened_at > proposal.outcome_at
    ]
    for proposal in regressed:
        _record(proposal, Proposal.Outcome.REGRESSED, None, actor)
    return len(regressed)


def _state_of(run: Run, check: str) -> str:
    for look in run.evidence:
        if look.get("check") == check:
            return str(look["state"])
    return str(ProbeState.UNKNOWN)


def _record(proposal: Proposal, outcome: Proposal.Outcome, run: Run | None, actor: Actor) -> None:
    assert proposal.finding is not None  # noqa: S101  narrows the type: only findings have outcomes
    before = proposal.outcome
    with unit(proposal.institution_id, actor):
        changed = Proposal.objects.filter(pk=proposal.pk, outcome=before).update(
            outcome=outcome, outcome_at=timezone.now()
        )
        proposal.refresh_from_db(fields=["outcome", "outcome_at"])
        if changed:
            entry_record(
                kind=Kind.OUTCOME_OBSERVED,
                subject=proposal,
                actor=actor,
                bundle=proposal.bundle.digest,
                data={
                    "outcome": str(outcome),
                    "finding": proposal.finding.code,
                    "run": run.code if run else None,
                },
            )
