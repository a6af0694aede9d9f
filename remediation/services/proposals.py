"""Ask for an operation, and take that back."""

import re
from collections.abc import Mapping
from datetime import datetime
from uuid import uuid4

from django.utils import timezone

from findings.models import Finding
from ledger.kinds import Kind
from ledger.services import entry_record, state_move, unit
from opsportal.core.actor import Actor, ActorKind
from opsportal.core.canonical import Json, ProfileError, canonical_text, digest
from opsportal.core.errors import ConflictError, InvalidError, RefusedError
from opsportal.institutions.access import Permission, require
from opsportal.institutions.models import Department
from remediation import engine
from remediation.active import Active, active_contract
from remediation.models import Approval, Job, Proposal, Runtime
from remediation.parties import user_behind
from remediation.services.brakes import contract_trusted
from remediation.services.decisions import proposal_decide
from remediation.services.emergencies import review_owed_check
from remediation.services.jobs import dry_run_create, job_cancel_now
from remediation.services.plans import plan_make
from remediation.snapshots import snapshot_of

PARAMS_MAX = 65_536
REASON_MAX = 500
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,79}")  # what an entry of the ledger can name


def proposal_create(
    *,
    department: Department,
    operation: str,
    params: Mapping[str, Json],
    actor: Actor,
    reason: str = "",
    runtime: Runtime | None = None,
    finding: Finding | None = None,
    idempotency_key: str = "",
    emergency: str = "",
) -> Proposal:
    """Ask for ``operation``; return the proposal with the engine's decision: denied, waiting, or already ordered.

    A denied one is a result, not an error. Where the contract wants a dry-run it stays *requested* until the
    runtime has answered. ``idempotency_key`` makes a repetition return the first. Raises RefusedError for people
    without ``proposal.create``, InvalidError on bad input, ConflictError without a released contract or when
    the key was used for something else, StoppedError when the contract does not verify.

    ``emergency`` invokes a clause of the contract in place of the approval. Somebody else reviews that afterwards; until
    then the same person cannot do it again (REVIEW_OWED).
    """
    if actor.kind is ActorKind.HUMAN:
        require(actor, Permission.PROPOSAL_CREATE)
    active = _active(department)
    if not _NAME.fullmatch(operation):
        raise InvalidError(
            "The contract has no such operation.", errors={"operation": ["not a name"]}, code="OPERATION_UNKNOWN"
        )
    declared = active.rules.operation(operation)
    given = _params_checked(params)
    complete = engine.params_complete(declared, given) if declared else given
    reason = _reason_checked(reason, declared)
    if declared and declared.idempotency == "required" and not idempotency_key:
        raise InvalidError("Send an idempotency key.", errors={"idempotency_key": ["This operation asks for one."]})
    if emergency:
        review_owed_check(actor)
    if earlier := _earlier(actor, idempotency_key, operation, complete):
        return earlier
    at, code = timezone.now(), uuid4()
    with unit(department.institution_id, actor):
        proposal = Proposal.objects.create(
            code=code,
            institution_id=department.institution_id,
            department=department,
            operation=operation,
            risk=declared.risk if declared else "R3",
            params=complete,
            reason=reason,
            requester_kind=actor.kind,
            requester_id=actor.id,
            requested_by=user_behind(actor),
            finding=finding,
            runtime=runtime or _runtime_sole(department),
            bundle=active.release.bundle,
            case=finding.code if finding else code,
            idempotency_key=idempotency_key,
            emergency=emergency[:40],
            created_at=at,
        )
        _created_record(proposal, actor)
        _first_decision(proposal, active, declared, at, actor)
    return proposal


def proposal_withdraw(*, proposal: Proposal, actor: Actor) -> Proposal:
    """Take a proposal back while nothing was ordered; harmless when it is withdrawn already.

    Raises RefusedError unless it is one's own, ConflictError once it was decided.
    """
    if actor.id != proposal.requester_id:
        raise RefusedError("Only whoever asked can take it back.")
    if proposal.status == Proposal.Status.WITHDRAWN:
        return proposal
    with unit(proposal.institution_id, actor):
        state_move(proposal, to=Proposal.Status.WITHDRAWN, kind=Kind.PROPOSAL_WITHDRAWN, actor=actor)
        proposal_clear(proposal, actor, code="WITHDRAWN")
    return proposal


def proposal_clear(proposal: Proposal, actor: Actor, *, code: str) -> None:
    """Cancel what still waits for a proposal that ended: its approval and the jobs that nobody has begun."""
    approval = Approval.objects.filter(proposal=proposal, status=Approval.Status.PENDING).first()
    if approval is not None:
        state_move(
            approval,
            to=Approval.Status.CANCELED,
            kind=Kind.APPROVAL_CANCELED,
            actor=actor,
            data={"proposal": proposal.code},
            decided_at=timezone.now(),
        )
    for job in Job.objects.filter(proposal=proposal, status=Job.Status.ENQUEUED):
        job_cancel_now(job, actor, code=code)


def _active(department: Department) -> Active:
    with contract_trusted(department.institution_id):
        active = active_contract(department)
    if active is None:
        raise ConflictError(f"No contract is released in {department.name}.", code="NO_CONTRACT")
    return active


def _params_checked(params: Mapping[str, Json]) -> Mapping[str, Json]:
    try:
        text = canonical_text(params)
    except (ProfileError, RecursionError) as error:
        raise InvalidError("The parameters cannot be kept.", errors={"params": [str(error)]}) from None
    if len(text) > PARAMS_MAX or "\\u0000" in text:
        raise InvalidError(
            "The parameters cannot be kept.", errors={"params": [f"No NUL, at most {PARAMS_MAX} characters."]}
        )
    return params


def _reason_checked(reason: str, operation: engine.Operation | None) -> str:
    reason = reason.strip()
    if len(reason) > REASON_MAX or "\0" in reason:
        raise InvalidError("The reason is too long.", errors={"reason": [f"At most {REASON_MAX} characters."]})
    is_needed = operation and (operation.needs_reason or (operation.approval and operation.approval.needs_reason))
    if is_needed and not reason:
        raise InvalidError("Say why.", errors={"reason": ["The contract asks for a reason."]})
    return reason


def _earlier(actor: Actor, key: str, operation: str, params: Mapping[str, Json]) -> Proposal | None:
    if not key:
        return None
    if len(key) > 80:
        raise InvalidError("The key is too long.", errors={"idempotency_key": ["At most 80 characters."]})
    earlier = Proposal.objects.filter(requester_id=actor.id, idempotency_key=key).first()
    if earlier and (earlier.operation != operation or earlier.params != params):
        raise ConflictError("This key was used for another proposal.", code="IDEMPOTENCY_KEY_REUSED")
    return earlier


def _runtime_sole(department: Department) -> Runtime:
    found = list(Runtime.objects.filter(department=department, status=Runtime.Status.ACTIVE)[:2])
    if len(found) == 1:
        return found[0]
    words = "Name the runtime." if found else f"No runtime is enrolled in {department.name}: enrol one first."
    raise InvalidError(words, errors={"runtime": [words]}, code="RUNTIME_REQUIRED")


def _created_record(proposal: Proposal, actor: Actor) -> None:
    entry_record(
        kind=Kind.PROPOSAL_CREATED,
        subject=proposal,
        actor=actor,
        bundle=proposal.bundle.digest,
        data={
            "operation": proposal.operation,
            "risk": proposal.risk,
            "department": proposal.department.name,
            "params": digest(proposal.params),
            "runtime": proposal.runtime.code,
            "finding": proposal.finding.code if proposal.finding else None,
        },
        private={"params": proposal.params, "reason": proposal.reason},
    )


def _first_decision(
    proposal: Proposal, active: Active, declared: engine.Operation | None, at: datetime, actor: Actor
) -> None:
    """Decide at once what needs no dry-run; else order the dry-run, if every gate before it is open."""
    if declared and declared.dry_run == "none":
        plan_make(proposal, active, diff=(), preconditions=(), at=at, actor=actor)
    snapshot = snapshot_of(proposal, active, at=at)
    decision = engine.evaluate(active.rules, snapshot)
    if decision.code == "DRY_RUN_REQUIRED" and snapshot.dry_run is None:
        dry_run_create(proposal, actor=actor)
    elif not proposal.plan_digest and decision.effect != "denied":
        # A dry-run is optional here: seal what was asked, without one.
        plan_make(proposal, active, diff=(), preconditions=(), at=at, actor=actor)
        proposal_decide(proposal, active, at=at, actor=actor)
    else:
        proposal_decide(proposal, active, at=at, actor=actor)
