"""Breaking the glass: within a declared clause, at once, and reviewed by somebody else afterwards."""

from datetime import datetime, timedelta

from django.utils import timezone

from ledger.kinds import Kind
from ledger.services import entry_record, unit
from opsportal.core.actor import Actor, ActorKind
from opsportal.core.errors import ConflictError, InvalidError, RefusedError
from opsportal.institutions.access import Permission, require
from opsportal.institutions.models import User
from remediation.active import Active
from remediation.models import Proposal

VERDICTS = ("justified", "unjustified")
NOTE_MAX = 500


def review_owed_check(actor: Actor) -> None:
    """Raise ConflictError while an emergency of this person waits for its review."""
    if Proposal.objects.filter(requester_id=actor.id, review_due_at__isnull=False, reviewed_at=None).exists():
        raise ConflictError(
            "Your last emergency was not reviewed yet: somebody else has to do that first.", code="REVIEW_OWED"
        )


def emergency_note(proposal: Proposal, active: Active, *, at: datetime, actor: Actor) -> None:
    """Note, within the caller's unit, that a clause stood in for an approval, and until when it is to be reviewed."""
    operation = active.rules.operation(proposal.operation)
    clause = operation.emergencies.get(proposal.emergency) if operation else None
    if operation is None or clause is None or operation.approval is None:
        return
    due_at = at + timedelta(seconds=clause.review_seconds)
    Proposal.objects.filter(pk=proposal.pk).update(review_due_at=due_at)
    proposal.review_due_at = due_at
    entry_record(
        kind=Kind.EMERGENCY_USED,
        subject=proposal,
        actor=actor,
        bundle=active.rules.digest,
        data={
            "clause": clause.id,
            "bypassed": operation.approval.id,
            "review_hours": clause.review_seconds // 3600,
        },
    )


def emergency_review(*, proposal: Proposal, actor: Actor, verdict: str, note: str) -> Proposal:
    """Say whether an emergency was ``justified`` or ``unjustified``; a second review changes nothing.

    Raises RefusedError without ``approval.decide``, for machines and for whoever broke the glass; ConflictError when no
    glass was broken; InvalidError on another verdict or without a note.
    """
    require(actor, Permission.APPROVAL_DECIDE)
    if actor.kind is not ActorKind.HUMAN or actor.id == proposal.requester_id:
        raise RefusedError("Somebody else reviews an emergency.", code="APPROVAL_SOD_VIOLATION")
    note = note.strip()
    if verdict not in VERDICTS:
        raise InvalidError("Justified or unjustified.", errors={"verdict": [" or ".join(VERDICTS)]})
    if not 1 <= len(note) <= NOTE_MAX or "\0" in note:
        raise InvalidError("Say why.", errors={"note": [f"1 to {NOTE_MAX} characters"]})
    with unit(proposal.institution_id, actor):
        owed = Proposal.objects.filter(pk=proposal.pk, review_due_at__isnull=False)
        reviewed = owed.filter(reviewed_at=None).update(
            reviewed_at=timezone.now(), reviewed_by=User.objects.get(code=actor.id)
        )
        if not reviewed and not owed.exists():
            raise ConflictError("No glass was broken here.")
        if reviewed:
            entry_record(
                kind=Kind.EMERGENCY_REVIEWED,
                subject=proposal,
                actor=actor,
                data={"verdict": verdict},
                private={"note": note},
            )
    proposal.refresh_from_db()
    return proposal
