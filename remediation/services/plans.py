"""Seal what would be done: from then on it is these bytes or nothing."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from ledger.kinds import Kind
from ledger.services import entry_record
from opsportal.core.actor import Actor
from opsportal.core.canonical import Json
from remediation import engine
from remediation.active import Active
from remediation.models import Proposal
from remediation.parties import engine_for

# How long after the last moment to approve a plan may still be carried out; without an approval, from now.
GRACE = timedelta(days=1)


def plan_make(
    proposal: Proposal,
    active: Active,
    *,
    diff: Sequence[Json],
    preconditions: Sequence[Json],
    at: datetime,
    actor: Actor,
) -> None:
    """Seal the plan of a proposal, within the caller's unit. Raises engine.PlanError for a diff that is none."""
    operation = active.rules.operation(proposal.operation)
    expires_at = at + GRACE
    if operation and operation.approval:
        expires_at += timedelta(seconds=operation.approval.expires_seconds)
    plan = engine.plan_seal(
        institution=str(proposal.institution_id),
        department=proposal.department.name,
        proposal=str(proposal.code),
        operation=proposal.operation,
        target=str(proposal.runtime.code),
        params=proposal.params,
        diff=diff,
        preconditions=preconditions,
        contract=active.rules.contract,
        bundle=active.rules.digest,
        expires_at=int(expires_at.timestamp()),
        nonce=secrets.token_hex(16),
    )
    Proposal.objects.filter(pk=proposal.pk, plan_digest="").update(
        plan=plan.text,
        plan_digest=plan.digest,
        plan_expires_at=expires_at,
        needs_approval=_needs_approval(operation, proposal),
    )
    proposal.refresh_from_db(fields=["plan", "plan_digest", "plan_expires_at", "needs_approval"])
    entry_record(
        kind=Kind.PLAN_SEALED,
        subject=proposal,
        actor=engine_for(actor),
        bundle=active.rules.digest,
        data={"plan": plan.digest, "changes": len(diff), "preconditions": len(preconditions)},
    )


def _needs_approval(operation: engine.Operation | None, proposal: Proposal) -> bool:
    """Return what the row must say to the database; that the clause was invoked rightly is the engine's word."""
    return bool(operation and operation.approval and proposal.emergency not in operation.emergencies)
