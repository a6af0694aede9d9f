"""What the engine's decision makes of a proposal."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from ledger.kinds import Kind
from ledger.services import entry_record, state_move
from opsportal.core.actor import Actor
from opsportal.core.canonical import digest
from remediation import engine
from remediation.active import Active
from remediation.models import Approval, Proposal
from remediation.parties import engine_for
from remediation.services.emergencies import emergency_note
from remediation.services.jobs import job_create
from remediation.snapshots import snapshot_of

# The entry that says which gate refused; every other gate is JOB_BLOCKED.
_REFUSALS = {
    "emergency_stop": Kind.INSTITUTION_EMERGENCY_STOP_BLOCKED,
    "freeze": Kind.INSTITUTION_FREEZE_BLOCKED,
    "drift": Kind.EGE_DRIFT_BLOCKED,
    "policy": Kind.POLICY_PRE_DECISION,
    "mandate": Kind.MANDATE_EVALUATED,
    "autonomy": Kind.AUTONOMY_EVALUATED,
    "sod": Kind.SOD_VIOLATION,
    "invariants": Kind.INVARIANT_VIOLATED,
}


def proposal_decide(
    proposal: Proposal, active: Active, *, at: datetime, actor: Actor, dry_run: engine.DryRun | None = None
) -> engine.Decision:
    """Ask the engine and move the proposal accordingly, within the caller's unit.

    Allowed, it is approved and ordered; where people must agree, they are asked; denied, that is its end.
    """
    snapshot = snapshot_of(proposal, active, at=at, dry_run=dry_run)
    decision = engine.evaluate(active.rules, snapshot)
    if decision.effect == "denied":
        decision_move(proposal, Proposal.Status.DENIED, decision, snapshot, actor, decided_at=at)
        refusal_enter(proposal, decision, actor)
    elif decision.effect == "needs_approval":
        decision_move(proposal, Proposal.Status.PENDING_APPROVAL, decision, snapshot, actor)
        _approval_request(proposal, decision, at=at, actor=actor)
    else:
        decision_move(proposal, Proposal.Status.APPROVED, decision, snapshot, actor, decided_at=at)
        if proposal.emergency:
            emergency_note(proposal, active, at=at, actor=actor)
        job_create(proposal, active, at=at, actor=actor)
    return decision


def refusal_enter(proposal: Proposal, decision: engine.Decision, actor: Actor) -> None:
    """Enter which gate refused and why."""
    entry_record(
        kind=_REFUSALS.get(decision.gate, Kind.JOB_BLOCKED),
        subject=proposal,
        actor=engine_for(actor),
        bundle=decision.bundle,
        data={"code": decision.code or "NOT_APPROVED", "gate": decision.gate, "rule": decision.rule or None},
    )


def decision_move(
    proposal: Proposal,
    to: str,
    decision: engine.Decision,
    snapshot: engine.Snapshot,
    actor: Actor,
    *,
    decided_at: datetime | None = None,
) -> None:
    """Move a proposal to what the engine decided, with the decision in the entry, within the caller's unit."""
    state_move(
        proposal,
        to=to,
        kind=Kind.PROPOSAL_DECIDED,
        actor=engine_for(actor),
        bundle=decision.bundle,
        data={
            "effect": decision.effect,
            "code": decision.code or None,
            "gate": decision.gate or None,
            "rule": decision.rule or None,
            "gates": [step.gate for step in decision.trace],
            "snapshot": digest(engine.snapshot_json(snapshot)),
        },
        decision=engine.decision_json(decision),
        snapshot=engine.snapshot_json(snapshot),
        decided_at=decided_at,
    )


def _approval_request(proposal: Proposal, decision: engine.Decision, *, at: datetime, actor: Actor) -> Approval:
    approval = Approval.objects.create(
        institution_id=proposal.institution_id,
        proposal=proposal,
        plan_digest=proposal.plan_digest,
        rule=decision.rule,
        stages=[_stage(stage) for stage in decision.stages],
        expires_at=at + timedelta(seconds=decision.expires_seconds),
        created_at=at,
    )
    entry_record(
        kind=Kind.APPROVAL_REQUESTED,
        subject=approval,
        actor=engine_for(actor),
        bundle=decision.bundle,
        data={
            "proposal": proposal.code,
            "rule": decision.rule,
            "plan": proposal.plan_digest,
            "approvers": sorted({role for stage in decision.stages for role in stage.roles}),
            "quorum": sum(stage.quorum for stage in decision.stages),
        },
    )
    return approval


def _stage(stage: engine.Stage) -> dict[str, str | int | Sequence[str]]:
    return {"id": stage.id, "roles": list(stage.roles), "quorum": stage.quorum}
