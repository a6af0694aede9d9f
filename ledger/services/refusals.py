"""Keep the evidence of what was refused, without letting anybody flood the ledger with it."""

from uuid import UUID

from django.db import models
from django.utils import timezone

from ledger.kinds import Kind
from ledger.models import Entry
from ledger.services.unit import entry_record, unit
from ledger.store import head_lock
from opsportal.core.actor import Actor
from opsportal.core.errors import DomainError
from opsportal.core.scope import institution_scope


def refusal_record(institution_id: UUID, *, actor: Actor, error: DomainError, subject: models.Model | str) -> bool:
    """Record that ``actor`` was refused, in a transaction of its own; call it where the error is answered.

    At most one entry per actor, code and minute, however often and from how many processes.
    Returns False when this minute has one already.
    """
    with institution_scope(institution_id):
        if _is_recorded(actor, error):
            return False
        with unit(institution_id, actor):
            head_lock(institution_id)
            if _is_recorded(actor, error):
                return False
            data = {"effect": "denied", "code": error.code, "status": error.status}
            entry_record(kind=Kind.RBAC_DECISION, subject=subject, actor=actor, data=data)
    return True


def _is_recorded(actor: Actor, error: DomainError) -> bool:
    minute = timezone.now().replace(second=0, microsecond=0)
    same = Entry.objects.filter(actor=actor.id, kind=Kind.RBAC_DECISION, ts__gte=minute)
    return same.filter(body__contains=f'"code":"{error.code}"').exists()
