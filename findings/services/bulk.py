"""Acknowledge many findings at once, and take that back: a constant number of statements, an entry for each."""

from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone

from agents.services import note_checked, subject_messages_done, subject_messages_restored
from findings.models import Finding
from findings.services.ack import SUBJECT
from ledger.kinds import Kind
from ledger.services import unit
from ledger.services.many import states_move
from opsportal.core.actor import Actor, ActorKind
from opsportal.core.errors import InvalidError, RefusedError
from opsportal.institutions.access import Permission, require
from opsportal.institutions.models import User

BULK_MAX = 200


def findings_ack(*, institution_id: UUID, codes: Sequence[UUID], actor: Actor, note: str = "") -> list[Finding]:
    """Acknowledge those of the findings that are open, and return them; the others stay as they are.

    Raises RefusedError without ``ops.write`` or for anybody but a person, InvalidError for none or more than
    200 findings or a note over 500 characters.
    """
    require(actor, Permission.OPS_WRITE)
    if actor.kind != ActorKind.HUMAN:
        raise RefusedError("Only a person can acknowledge.")
    note = note_checked(note)
    with unit(institution_id, actor):
        moved = states_move(
            _locked(codes, Finding.Status.OPEN),
            to=Finding.Status.ACKED,
            kind=Kind.FINDING_ACKED,
            actor=actor,
            private={"note": note} if note else None,
            acked_at=timezone.now(),
            acked_by=User.objects.get(code=actor.id),
            ack_note=note,
        )
        subject_messages_done(
            subject_kind=SUBJECT,
            subject_ids=[str(finding.code) for finding in moved],
            institution_id=institution_id,
            actor=actor,
            note=note,
        )
    return moved


def findings_ack_undo(*, institution_id: UUID, codes: Sequence[UUID], actor: Actor) -> list[Finding]:
    """Open again those of the findings that are acknowledged, and return them; their messages wait again.

    Raises RefusedError without ``ops.write``, InvalidError for none or more than 200 findings.
    """
    require(actor, Permission.OPS_WRITE)
    with unit(institution_id, actor):
        moved = states_move(
            _locked(codes, Finding.Status.ACKED),
            to=Finding.Status.OPEN,
            kind=Kind.FINDING_UNACKED,
            actor=actor,
            acked_at=None,
            acked_by=None,
            ack_note="",
        )
        for finding in moved:
            subject_messages_restored(
                subject_kind=SUBJECT, subject_id=str(finding.code), institution_id=institution_id, actor=actor
            )
    return moved


def _locked(codes: Sequence[UUID], status: Finding.Status) -> list[Finding]:
    """Return the findings that are in ``status``, locked: nobody moves them before we do."""
    if not 1 <= len(codes) <= BULK_MAX:
        raise InvalidError(
            f"Select 1 to {BULK_MAX} findings.", errors={"selected": [f"1 to {BULK_MAX}, not {len(codes)}."]}
        )
    rows = Finding.objects.filter(code__in=codes, status=status)
    return list(rows.select_for_update(of=("self",)).select_related("scenario", "institution").order_by("pk"))
