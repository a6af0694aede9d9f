"""Reads of the ledger. Each takes the institution and opens its own scope."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from ledger.kinds import Kind
from ledger.models import Checkpoint, Entry, Head, Payload, SigningKey, Stop
from opsportal.core.errors import NotFoundError
from opsportal.core.scope import every_institution, institution_scope


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries are wanted; what is empty does not restrict. ``until`` is not included."""

    kind: str = ""
    case: UUID | None = None
    actor: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def names(self) -> list[str]:
        """Which of the filters are set."""
        return [name for name in self.__slots__ if getattr(self, name)]


def head(institution_id: UUID) -> Head:
    """Return where the chain ends (``seq`` and ``hash``; 0 and zeros when empty). Raises NotFoundError."""
    with institution_scope(institution_id):
        found = Head.objects.first()
    if found is None:
        raise NotFoundError("This institution has no ledger")
    return found


def chains() -> list[UUID]:
    """Return the institutions that have a ledger, ascending."""
    with every_institution():
        return list(Head.objects.order_by("institution_id").values_list("institution_id", flat=True))


def entries_since(institution_id: UUID, seq: int, limit: int) -> list[Entry]:
    """Return at most ``limit`` entries after ``seq``, oldest first."""
    with institution_scope(institution_id):
        return list(Entry.objects.filter(seq__gt=seq).order_by("seq")[:limit])


def entries_matching(institution_id: UUID, where: EntryFilter) -> QuerySet[Entry]:
    """Return the entries that ``where`` asks for, in no order yet; page through them by ``-seq``."""
    wanted = {
        "kind": where.kind or None,
        "case": where.case,
        "actor": where.actor or None,
        "subject": where.subject or None,
        "ts__gte": where.since,
        "ts__lt": where.until,
    }
    with institution_scope(institution_id):
        return Entry.objects.filter(**{name: value for name, value in wanted.items() if value is not None})


def payloads_of(institution_id: UUID, commits: list[str]) -> dict[str, Payload]:
    """Return the payloads behind these commitments, by commitment; an erased one has an empty body."""
    with institution_scope(institution_id):
        return {payload.commit: payload for payload in Payload.objects.filter(commit__in=commits)}


def checkpoint_last(institution_id: UUID) -> Checkpoint | None:
    """Return the newest checkpoint, None before the first."""
    with institution_scope(institution_id):
        return Checkpoint.objects.first()


def signing_keys(institution_id: UUID) -> list[SigningKey]:
    """Return the public keys that ever signed this chain's checkpoints, newest first."""
    with institution_scope(institution_id):
        return list(SigningKey.objects.all())


def verified_at(institution_id: UUID) -> datetime | None:
    """Return when the chain was last verified without a fault, None if never."""
    with institution_scope(institution_id):
        last = Entry.objects.filter(kind=Kind.LEDGER_VERIFIED).first()
    return last.ts if last else None


def is_stopped(institution_id: UUID) -> bool:
    """Return True while the chain takes no entry because it did not verify."""
    with institution_scope(institution_id):
        return Stop.objects.exists()
