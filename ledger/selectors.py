"""Reads of the ledger. Each takes the institution and opens its own scope."""

from uuid import UUID

from ledger.models import Entry, Head
from opsportal.core.errors import NotFoundError
from opsportal.core.scope import institution_scope


def head(institution_id: UUID) -> Head:
    """Return where the chain ends (``seq`` and ``hash``; 0 and zeros when empty). Raises NotFoundError."""
    with institution_scope(institution_id):
        found = Head.objects.first()
    if found is None:
        raise NotFoundError("This institution has no ledger")
    return found


def entries_since(institution_id: UUID, seq: int, limit: int) -> list[Entry]:
    """Return at most ``limit`` entries after ``seq``, oldest first."""
    with institution_scope(institution_id):
        return list(Entry.objects.filter(seq__gt=seq).order_by("seq")[:limit])
