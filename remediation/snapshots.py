"""Everything that may count in a decision, gathered as it is at one moment."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from remediation.active import Active
from remediation.engine import DryRun, Operation, Snapshot
from remediation.engine import Vote as EngineVote
from remediation.models import Brakes, Job, Proposal, Vote
from remediation.parties import parties_of_voters, party_of_requester


def snapshot_of(
    proposal: Proposal,
    active: Active,
    *,
    at: datetime,
    dry_run: DryRun | None = None,
    votes: Sequence[Vote] = (),
    approval_expires_at: datetime | None = None,
) -> Snapshot:
    """Return what counts for ``proposal`` at ``at``: brakes, roles and use of the budgets as they are now.

    ``dry_run`` defaults to what the proposal's own dry-run sealed. A constant number of queries, but one per
    budget of the operation.
    """
    brakes = Brakes.objects.filter(institution_id=proposal.institution_id).first() or Brakes()
    operation = active.rules.operation(proposal.operation)
    voters = parties_of_voters(votes)
    return Snapshot(
        at=int(at.timestamp()),
        institution=str(proposal.institution_id),
        department=proposal.department.name,
        department_active=proposal.department.is_active,
        stopped=brakes.stopped_at is not None,
        frozen=brakes.frozen_at is not None,
        safe_mode=bool(brakes.safe_mode),
        drifted=active.is_drifted,
        operation=proposal.operation,
        params=proposal.params,
        has_reason=bool(proposal.reason),
        requester=party_of_requester(proposal),
        target=str(proposal.runtime.code),
        dry_run=dry_run or _dry_run_of(proposal),
        votes=tuple(
            EngineVote(
                voter=voters[vote.pk],
                verdict="approve" if vote.verdict == Vote.Verdict.APPROVE else "reject",
                stage=vote.stage,
                plan=vote.plan_digest,
                at=int(vote.cast_at.timestamp()),
                delegated_from=str(vote.delegation.from_user.code) if vote.delegation else "",
            )
            for vote in votes
        ),
        plan=proposal.plan_digest,
        approval_expires_at=int(approval_expires_at.timestamp()) if approval_expires_at else None,
        used=_used(proposal, operation, active, at) if operation else {},
        failures=_failures(operation, active, at) if operation else {},
        emergency=proposal.emergency,
    )


def _dry_run_of(proposal: Proposal) -> DryRun | None:
    """Return the dry-run that the sealed plan came from; a plan is sealed only from one that went well."""
    return DryRun(ok=True, plan=proposal.plan_digest) if proposal.plan_digest else None


def _used(proposal: Proposal, operation: Operation, active: Active, at: datetime) -> dict[str, int]:
    """Return per budget how many other jobs were ordered in its window."""
    return {
        budget.id: Job.objects.filter(
            mode=Job.Mode.EXECUTE,
            proposal__operation__in=_governed(budget.id, active),
            created_at__gt=at - timedelta(seconds=budget.seconds),
        )
        .exclude(proposal=proposal)
        .count()
        for budget in operation.budgets
    }


def _failures(operation: Operation, active: Active, at: datetime) -> dict[str, int]:
    """Return per budget how many of its jobs failed in a row, the latest first, within its window."""
    return {
        budget.id: _in_a_row(_governed(budget.id, active), at - timedelta(seconds=budget.seconds))
        for budget in operation.budgets
        if budget.breaker_failures is not None
    }


def _in_a_row(operations: Sequence[str], since: datetime) -> int:
    ended = Job.objects.filter(
        mode=Job.Mode.EXECUTE,
        status__in=[Job.Status.EXECUTED, Job.Status.FAILED],
        proposal__operation__in=operations,
        finished_at__gt=since,
    ).order_by("-finished_at", "-pk")
    count = 0
    for status in ended.values_list("status", flat=True)[:100]:
        if status != Job.Status.FAILED:
            break
        count += 1
    return count


def _governed(budget_id: str, active: Active) -> list[str]:
    return [
        operation.name
        for operation in active.rules.operations
        if any(budget.id == budget_id for budget in operation.budgets)
    ]
