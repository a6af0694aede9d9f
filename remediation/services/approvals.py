"""People vote on a sealed plan; the last vote that is needed orders the job."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from django.utils import timezone

from ledger.kinds import Kind
from ledger.services import entry_record, state_move, unit
from opsportal.core.actor import SYSTEM, Actor, ActorKind
from opsportal.core.errors import (
    ConflictError,
    DomainError,
    ExpiredError,
    FrozenInstitutionError,
    InvalidError,
    RefusedError,
    StoppedError,
)
from opsportal.institutions.access import Permission, require
from opsportal.institutions.models import User
from remediation import engine
from remediation.active import Active, active_contract
from remediation.engine.snapshot import Verdict
from remediation.models import Approval, Proposal, Vote
from remediation.parties import engine_for, vote_of
from remediation.services.brakes import contract_trusted
from remediation.services.decisions import decision_move, refusal_enter
from remediation.services.jobs import job_create, snapshot_authorising

REASON_MAX = 500
# What holds everything back for now, and is no word on the plan itself.
_HELD: Mapping[str, type[DomainError]] = {
    "EMERGENCY_STOP": StoppedError,
    "SAFE_MODE": StoppedError,
    "FROZEN": FrozenInstitutionError,
    "BUNDLE_DRIFT": ConflictError,
}
_OF_VOTES: Mapping[str, type[DomainError]] = {
    "APPROVAL_EXPIRED": ExpiredError,
    "PLAN_STALE": ConflictError,
    "ALREADY_VOTED": ConflictError,
    "APPROVAL_REJECTED": ConflictError,
}


def approval_vote(
    *, approval: Approval, actor: Actor, verdict: str, plan_digest: str, reason: str = "", via: str = "portal"
) -> Approval:
    """Count the vote of ``actor`` on exactly the plan ``plan_digest``; return the approval as it is then.

    The vote that completes the last stage approves the proposal and orders the job in the same transaction; one
    rejection ends it. Raises RefusedError (403) for agents, the requester, and who holds no role of the open
    stage; ConflictError (409) when it is decided, the person has voted, or the plan or the contract has changed;
    ExpiredError (410); InvalidError without a reason to reject, or to approve above R1; 423 and 503 while
    everything is held back.
    """
    if actor.kind is not ActorKind.HUMAN:
        raise RefusedError("People decide, machines never do.", code="APPROVAL_SOD_VIOLATION")
    require(actor, Permission.APPROVAL_DECIDE)
    reason = _input_checked(approval, verdict, reason)
    _ended_check(approval, timezone.now())
    stale = ""
    with contract_trusted(approval.institution_id), unit(approval.institution_id, actor):
        proposal, approval = _locked(approval)
        at = timezone.now()  # not earlier: who waited for the lock comes after whoever held it
        _decided_check(approval)
        active = active_contract(proposal.department)
        if active is None or active.release.bundle_id != proposal.bundle_id:
            stale = "CONTRACT_CHANGED"
            proposal_stale(proposal, approval, code=stale, actor=actor)
        else:
            _vote(
                proposal=proposal,
                approval=approval,
                active=active,
                actor=actor,
                verdict=verdict,
                plan_digest=plan_digest,
                reason=reason,
                via=via,
                at=at,
            )
    if stale:
        raise ConflictError("The contract has changed since this was asked: it has to be asked again.", code=stale)
    return approval


def approval_expire(approval: Approval, *, actor: Actor = SYSTEM) -> None:
    """Let an approval whose time is over expire, and its proposal with it; harmless when it was decided."""
    with unit(approval.institution_id, actor):
        proposal, approval = _locked(approval)
        if approval.status != Approval.Status.PENDING:
            return
        at = timezone.now()
        data = {"proposal": proposal.code}
        state_move(
            approval, to=Approval.Status.EXPIRED, kind=Kind.APPROVAL_EXPIRED, actor=actor, data=data, decided_at=at
        )
        state_move(proposal, to=Proposal.Status.EXPIRED, kind=Kind.PROPOSAL_EXPIRED, actor=actor, decided_at=at)


def proposal_stale(proposal: Proposal, approval: Approval | None, *, code: str, actor: Actor) -> None:
    """End a proposal whose ground has changed, within the caller's unit; its votes are void."""
    at = timezone.now()
    if approval is not None and approval.status in {Approval.Status.PENDING, Approval.Status.APPROVED}:
        data = {"proposal": proposal.code}
        state_move(
            approval, to=Approval.Status.CANCELED, kind=Kind.APPROVAL_CANCELED, actor=actor, data=data, decided_at=at
        )
    state_move(
        proposal, to=Proposal.Status.STALE, kind=Kind.PROPOSAL_STALE, actor=actor, data={"code": code}, decided_at=at
    )


def _input_checked(approval: Approval, verdict: str, reason: str) -> str:
    reason = reason.strip()
    if verdict not in Vote.Verdict.values:
        raise InvalidError("Approve or reject.", errors={"decision": ["approve or reject"]})
    if len(reason) > REASON_MAX or "\0" in reason:
        raise InvalidError("The reason is too long.", errors={"reason": [f"At most {REASON_MAX} characters."]})
    if not reason and (verdict == Vote.Verdict.REJECT or approval.proposal.risk in {"R2", "R3"}):
        raise InvalidError("Say why.", errors={"reason": ["A reason is needed."]})
    return reason


def _ended_check(approval: Approval, at: datetime) -> None:
    """Exactly at its expiry it is too late."""
    if approval.status == Approval.Status.PENDING and at >= approval.expires_at:
        approval_expire(approval)
        raise ExpiredError("The time to decide has passed: it has to be asked again.", code="APPROVAL_EXPIRED")


def _decided_check(approval: Approval) -> None:
    if approval.status == Approval.Status.EXPIRED:
        raise ExpiredError("The time to decide has passed: it has to be asked again.", code="APPROVAL_EXPIRED")
    if approval.status != Approval.Status.PENDING:
        raise ConflictError(
            f"This was decided already: {approval.get_status_display().lower()}.", code="ALREADY_DECIDED"
        )


def _locked(approval: Approval) -> tuple[Proposal, Approval]:
    """Lock the proposal, then its approval: whoever decides about them goes in this order."""
    rows = Proposal.objects.select_for_update(of=("self",)).select_related("department", "runtime", "bundle")
    proposal = rows.get(pk=approval.proposal_id)
    locked = Approval.objects.select_for_update(of=("self",)).get(pk=approval.pk)
    locked.proposal = proposal
    return proposal, locked


def _vote(
    *,
    proposal: Proposal,
    approval: Approval,
    active: Active,
    actor: Actor,
    verdict: str,
    plan_digest: str,
    reason: str,
    via: str,
    at: datetime,
) -> None:
    snapshot = snapshot_authorising(proposal, active, approval, at=at)
    _held_check(engine.evaluate(active.rules, snapshot))
    stage = engine.stage_open(active.rules, snapshot)
    said: Verdict = "approve" if verdict == Vote.Verdict.APPROVE else "reject"
    cast, delegation = vote_of(actor, stage=stage, verdict=said, plan=plan_digest, at=at)
    judged = engine.vote_judge(active.rules, snapshot, cast)
    if judged.effect != "allowed":
        raise _OF_VOTES.get(judged.code, RefusedError)(judged.reason, code=judged.code)
    vote = Vote.objects.create(
        institution_id=proposal.institution_id,
        approval=approval,
        voter=User.objects.get(code=actor.id),
        stage=cast.stage,
        verdict=verdict,
        reason=reason,
        roles=sorted(cast.voter.roles),
        delegation=delegation,
        plan_digest=plan_digest,
        via=via,
        cast_at=at,
    )
    entry_record(
        kind=Kind.APPROVAL_VOTED,
        subject=vote,
        actor=replace(actor, on_behalf_of=str(delegation.from_user.code)) if delegation else actor,
        case=proposal.case,
        bundle=active.rules.digest,
        data={"proposal": proposal.code, "plan": plan_digest, "stage": cast.stage, "verdict": verdict, "via": via},
        private={"reason": reason} if reason else None,
    )
    _conclude(proposal, approval, active, actor, at)


def _held_check(decision: engine.Decision) -> None:
    if decision.effect == "denied" and decision.code in _HELD:
        raise _HELD[decision.code](decision.reason, code=decision.code)


def _conclude(proposal: Proposal, approval: Approval, active: Active, actor: Actor, at: datetime) -> None:
    """Close the approval when the engine says that it is decided; order the job when it says *allowed*."""
    snapshot = snapshot_authorising(proposal, active, approval, at=at)
    decision = engine.evaluate(active.rules, snapshot)
    if decision.effect == "needs_approval":
        return
    if decision.effect == "allowed":
        _close(approval, Approval.Status.APPROVED, actor, at)
        decision_move(proposal, Proposal.Status.APPROVED, decision, snapshot, actor, decided_at=at)
        job_create(proposal, active, at=at, actor=actor)
    elif decision.code == "APPROVAL_REJECTED":
        _close(approval, Approval.Status.REJECTED, actor, at)
        decision_move(proposal, Proposal.Status.REJECTED, decision, snapshot, actor, decided_at=at)
    else:
        data = {"proposal": proposal.code}
        state_move(
            approval, to=Approval.Status.CANCELED, kind=Kind.APPROVAL_CANCELED, actor=actor, data=data, decided_at=at
        )
        decision_move(proposal, Proposal.Status.DENIED, decision, snapshot, actor, decided_at=at)
        refusal_enter(proposal, decision, actor)


def _close(approval: Approval, to: str, actor: Actor, at: datetime) -> None:
    state_move(
        approval,
        to=to,
        kind=Kind.APPROVAL_DECIDED,
        actor=engine_for(actor),
        data={
            "proposal": approval.proposal.code,
            "plan": approval.plan_digest,
            "status": to,
            "votes": approval.votes.count(),
        },
        decided_at=at,
    )
