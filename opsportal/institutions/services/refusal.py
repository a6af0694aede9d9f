"""Refusals leave evidence: who was refused what, at most once per actor, code and minute."""

from uuid import UUID

from ledger import services as ledger
from opsportal.core.actor import Actor
from opsportal.core.errors import DomainError

# What is refused, not what is merely wrong, missing, or too much.
RECORDED = frozenset({403, 409, 410})


def refusal_record(*, institution_id: UUID, actor: Actor, error: DomainError) -> bool:
    """Enter that ``actor`` was refused, in a transaction of its own; return False when nothing was due.

    Call it at the edge, after the refused unit has rolled back.
    """
    if error.status not in RECORDED:
        return False
    subject = f"institution:{institution_id}"
    return ledger.refusal_record(institution_id, actor=actor, error=error, subject=subject)
