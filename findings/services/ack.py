"""Acknowledge a finding, and take that back."""

from django.utils import timezone

from agents.services import note_checked, subject_messages_done, subject_messages_restored
from findings.models import Finding
from ledger.kinds import Kind
from ledger.services import state_move, unit
from opsportal.core.actor import Actor, ActorKind
from opsportal.core.errors import ConflictError, RefusedError
from opsportal.institutions.access import Permission, require
from opsportal.institutions.models import User

SUBJECT = "finding"


def finding_ack(*, finding: Finding, actor: Actor, note: str = "") -> Finding:
    """Mark a finding as seen by the actor, with an optional note; its messages leave the inbox.

    A second acknowledgement changes nothing and keeps the first name. Raises RefusedError without
    ``ops.write`` or for anybody but a person, ConflictError when it has resolved meanwhile, InvalidError for a note over 500
    characters.
    """
    require(actor, Permission.OPS_WRITE)
    if actor.kind != ActorKind.HUMAN:
        raise RefusedError("Only a person can acknowledge.")
    note = note_checked(note)
    with unit(finding.institution_id, actor):
        try:
            state_move(
                finding,
                to=Finding.Status.ACKED,
                kind=Kind.FINDING_ACKED,
                actor=actor,
                case=finding.code,
                private={"note": note} if note else None,
                acked_at=timezone.now(),
                acked_by=User.objects.get(code=actor.id),
                ack_note=note,
            )
        except ConflictError:
            if finding.status != Finding.Status.ACKED:
                raise
            return finding
        _messages_done(finding, actor, note)
    return finding


def finding_ack_undo(*, finding: Finding, actor: Actor) -> Finding:
    """Take an acknowledgement back: the finding is open again and its messages wait again.

    Raises RefusedError without ``ops.write``, ConflictError when it is not acknowledged.
    """
    require(actor, Permission.OPS_WRITE)
    with unit(finding.institution_id, actor):
        # A resolved one may become open too, but only because it was seen again: lock, then look.
        if Finding.objects.select_for_update().filter(pk=finding.pk, status=Finding.Status.ACKED).first() is None:
            finding.refresh_from_db()
            raise ConflictError(f"{finding} is {finding.status}: there is no acknowledgement to take back.")
        state_move(
            finding,
            to=Finding.Status.OPEN,
            kind=Kind.FINDING_UNACKED,
            actor=actor,
            case=finding.code,
            acked_at=None,
            acked_by=None,
            ack_note="",
        )
        subject_messages_restored(
            subject_kind=SUBJECT, subject_id=str(finding.code), institution_id=finding.institution_id, actor=actor
        )
    return finding


def _messages_done(finding: Finding, actor: Actor, note: str) -> None:
    subject_messages_done(
        subject_kind=SUBJECT,
        subject_ids=[str(finding.code)],
        institution_id=finding.institution_id,
        actor=actor,
        note=note,
    )
