"""What the page of one proposal is made of: the exact change, its ground, and whether this reader may decide."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from opsportal.core.actor import Actor
from opsportal.institutions.access import Permission, may
from remediation import engine
from remediation.active import Active, active_contract, rules_of
from remediation.board import votes_counted
from remediation.clauses import clause_of
from remediation.models import Approval, Job, Proposal, Vote
from remediation.parties import vote_of
from remediation.selectors import is_silent
from remediation.services.jobs import snapshot_authorising

SIMILAR = 5
_SAID = {
    "APPROVAL_EXPIRED": gettext_lazy("The time to decide has passed."),
    "APPROVAL_SOD_VIOLATION": gettext_lazy("You asked for it, or stand behind it: another person has to decide."),
    "ALREADY_VOTED": gettext_lazy("You have voted. Another person has to decide now."),
    "CONTRACT_CHANGED": gettext_lazy("The contract has changed since this was asked: it has to be asked again."),
    "NOT_YOURS": gettext_lazy("You can read this, but your roles do not decide on it."),
    "EMERGENCY_STOP": gettext_lazy("The emergency stop is pulled: nobody can decide until it is released."),
    "FROZEN": gettext_lazy("Everything is frozen: nobody can decide until that ends."),
    "SAFE_MODE": gettext_lazy("The contract did not verify: nobody can decide until it is released again."),
    "BUNDLE_DRIFT": gettext_lazy("The contract is not the one that was released: nobody can decide now."),
}
_HELD = frozenset({"EMERGENCY_STOP", "FROZEN", "SAFE_MODE", "BUNDLE_DRIFT"})


@dataclass(frozen=True, slots=True)
class Hurdle:
    """Why this reader cannot decide."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class StageShown:
    """A stage of an approval with the votes that were cast in it."""

    id: str
    roles: Sequence[str]
    quorum: int
    counted: int
    is_open: bool
    votes: Sequence[Vote]


@dataclass(frozen=True, slots=True)
class Dialog:
    """Everything that somebody needs who is to agree."""

    proposal: Proposal
    approval: Approval | None
    operation: engine.Operation | None
    plan: engine.Plan | None
    clause: str
    actions: Sequence[tuple[str, int]]
    stages: Sequence[StageShown]
    counted: int
    needed: int
    hurdle: Hurdle | None
    job: Job | None
    dry_run: Job | None
    is_runtime_silent: bool
    similar: Sequence[Proposal] = field(default_factory=list)

    @property
    def may_decide(self) -> bool:
        """True when a vote of this reader would be counted now."""
        return self.approval is not None and self.approval.status == Approval.Status.PENDING and self.hurdle is None

    @property
    def is_reversible(self) -> bool | None:
        """What the contract says; None when it cannot be read."""
        return self.operation.is_reversible if self.operation else None

    @property
    def params(self) -> Sequence[tuple[str, Any]]:
        """The parameters in their order; as pairs, because one may be called like a method of a mapping."""
        return list(self.proposal.params.items())

    @property
    def title(self) -> str:
        """What the contract calls the operation."""
        return self.operation.title if self.operation else self.proposal.operation


def dialog_of(proposal: Proposal, actor: Actor, *, at: datetime | None = None) -> Dialog:
    """Return what the page of ``proposal`` shows to ``actor``; a constant number of queries."""
    at = at or timezone.now()
    approval: Approval | None = getattr(proposal, "approval", None)
    if approval is not None:
        prefetch_related_objects([approval], "votes__delegation__from_user")
    rules = _rules(proposal)
    operation = rules.operation(proposal.operation) if rules else None
    plan = _plan(proposal)
    progress, hurdle = _standing(proposal, approval, actor, at)
    jobs = {job.mode: job for job in proposal.jobs.all()}
    counted, needed = votes_counted(approval) if approval else (0, 0)
    return Dialog(
        proposal=proposal,
        approval=approval,
        operation=operation,
        plan=plan,
        clause=clause_of(proposal.bundle.source, proposal.decision.get("rule", "")),
        actions=Counter(str(change["action"]) for change in plan.diff).most_common() if plan else (),
        stages=_stages(approval, operation, progress),
        counted=sum(one.counted for one in progress) if progress else counted,
        needed=needed or sum(stage.quorum for stage in _declared(operation)),
        hurdle=hurdle,
        job=jobs.get(Job.Mode.EXECUTE),
        dry_run=jobs.get(Job.Mode.DRY_RUN),
        is_runtime_silent=is_silent(proposal.runtime, at),
        similar=_similar(proposal),
    )


def _rules(proposal: Proposal) -> engine.Bundle | None:
    """Return the contract under which it was asked; None when its artifacts do not verify any more."""
    try:
        return rules_of(proposal.bundle)
    except engine.BundleError:
        return None


def _plan(proposal: Proposal) -> engine.Plan | None:
    try:
        return engine.plan_read(proposal.plan) if proposal.plan else None
    except engine.PlanError:
        return None


def _standing(
    proposal: Proposal, approval: Approval | None, actor: Actor, at: datetime
) -> tuple[Sequence[engine.Progress], Hurdle | None]:
    """Return how far the votes are, and why ``actor`` cannot add one: the engine is asked, as for a vote."""
    if approval is None or approval.status != Approval.Status.PENDING:
        return (), None
    if at >= approval.expires_at:
        return (), _hurdle("APPROVAL_EXPIRED")
    active = _active(proposal)
    if active is None or active.release.bundle_id != proposal.bundle_id:
        return (), _hurdle("CONTRACT_CHANGED")
    snapshot = snapshot_authorising(proposal, active, approval, at=at)
    progress = engine.stages_progress(active.rules, snapshot)
    if not may(actor.roles, Permission.APPROVAL_DECIDE):
        return progress, _hurdle("NOT_YOURS")
    decision = engine.evaluate(active.rules, snapshot)
    if decision.code in _HELD:
        return progress, _hurdle(decision.code, decision.reason)
    stage = engine.stage_open(active.rules, snapshot)
    vote, _delegation = vote_of(actor, stage=stage, verdict="approve", plan=proposal.plan_digest, at=at)
    judged = engine.vote_judge(active.rules, snapshot, vote)
    return progress, None if judged.effect == "allowed" else _hurdle(judged.code, judged.reason)


def _active(proposal: Proposal) -> Active | None:
    try:
        return active_contract(proposal.department)
    except engine.BundleError:
        return None


def _hurdle(code: str, reason: str = "") -> Hurdle:
    return Hurdle(code, str(_SAID.get(code) or reason or _("You cannot decide on this now.")))


def _stages(
    approval: Approval | None, operation: engine.Operation | None, progress: Sequence[engine.Progress]
) -> list[StageShown]:
    """Return the stages that were asked for; before that, those that the contract will ask for."""
    if approval is None:
        return [StageShown(one.id, one.roles, one.quorum, 0, False, ()) for one in _declared(operation)]
    votes = list(approval.votes.all())
    by_stage = {one.stage.id: one for one in progress}
    shown = []
    for stage in approval.stages:
        cast = [vote for vote in votes if vote.stage == stage["id"]]
        now = by_stage.get(stage["id"])
        agreed = sum(vote.verdict == Vote.Verdict.APPROVE for vote in cast)
        counted = now.counted if now else agreed
        shown.append(
            StageShown(stage["id"], stage["roles"], stage["quorum"], counted, bool(now and now.is_open), tuple(cast))
        )
    return shown


def _declared(operation: engine.Operation | None) -> Sequence[engine.Stage]:
    return operation.approval.stages if operation and operation.approval else ()


def _similar(proposal: Proposal) -> list[Proposal]:
    """Return the last proposals of the same operation that were carried out, with their jobs."""
    done = Job.objects.filter(mode=Job.Mode.EXECUTE).only("code", "status", "mode", "proposal_id", "finished_at")
    rows = Proposal.objects.filter(operation=proposal.operation, status=Proposal.Status.APPROVED)
    rows = rows.exclude(pk=proposal.pk).defer("plan", "snapshot", "decision")
    return list(rows.prefetch_related(Prefetch("jobs", queryset=done))[:SIMILAR])


def requested_data(proposal: Proposal) -> dict[str, Any]:
    """Return what a form that asks for the same again begins with."""
    return {
        "department": proposal.department.name,
        "operation": proposal.operation,
        "params": proposal.params,
        "reason": proposal.reason,
        "finding": str(proposal.finding.code) if proposal.finding else "",
        "runtime": str(proposal.runtime.code),
    }
