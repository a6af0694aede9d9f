"""Erase what an entry commits to; the entry stays."""

from uuid import UUID

from django.utils import timezone

from ledger.kinds import Kind
from ledger.models import Payload
from ledger.services.unit import entry_record, unit
from ledger.store import deleted_overwrite
from opsportal.core.actor import Actor
from opsportal.core.errors import NotFoundError
from opsportal.core.scope import institution_scope


def payload_erase(institution_id: UUID, *, commit: str, reason: str, actor: Actor) -> Payload:
    """Erase the text and the salt behind ``commit`` and record that; the chain stays valid.

    ``reason`` is a code such as ``subject-request``. Erasing twice changes nothing. Raises NotFoundError
    when this institution has no such payload. Backups keep it until they expire.
    """
    with institution_scope(institution_id), unit(institution_id, actor):
        payload = Payload.objects.filter(commit=commit).first()
        if payload is None:
            raise NotFoundError("There is no such payload")
        deleted_overwrite()
        erased = Payload.objects.filter(pk=payload.pk, erased_at=None)
        if erased.update(salt="", body="", erased_at=timezone.now()):
            data = {"erased": commit, "reason": reason}
            entry_record(kind=Kind.PAYLOAD_ERASED, subject=payload.subject, actor=actor, data=data)
        payload.refresh_from_db()
    return payload
