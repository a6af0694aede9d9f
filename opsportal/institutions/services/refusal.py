"""Refusals leave evidence: who was refused what, at most once per actor, code and minute."""

from datetime import timedelta
from uuid import UUID

from django.core.cache import cache
from django.utils import timezone

from ledger.kinds import Kind
from ledger.services import entry_record, unit
from opsportal.core.actor import Actor
from opsportal.core.errors import DomainError

# What is refused, not what is merely wrong, missing, or too much.
RECORDED = frozenset({403, 409, 410})
_WINDOW = timedelta(minutes=1)


def refusal_record(*, institution_id: UUID, actor: Actor, error: DomainError) -> bool:
    """Enter that ``actor`` was refused, in a transaction of its own; return False when nothing was due.

    Call it at the edge, after the refused unit has rolled back.
    """
    if error.status not in RECORDED:
        return False
    minute = timezone.now().strftime("%Y%m%d%H%M")
    key = f"refusal:{institution_id}:{actor.id}:{error.code}:{minute}"
    if not cache.add(key, 1, timeout=int(_WINDOW.total_seconds()) * 2):
        return False
    with unit(institution_id, actor):
        entry_record(
            kind=Kind.RBAC_DECISION,
            subject=f"institution:{institution_id}",
            actor=actor,
            data={"effect": "denied", "code": error.code, "status": error.status},
        )
    return True
