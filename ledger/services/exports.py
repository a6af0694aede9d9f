"""Hand out entries; that somebody took them is an entry too."""

from collections.abc import Callable, Iterator
from uuid import UUID

from ledger.export import entries_stream, jsonl, payloads_jsonl, table
from ledger.kinds import Kind
from ledger.models import Entry
from ledger.selectors import EntryFilter, head, is_stopped
from ledger.services.unit import entry_record, unit
from opsportal.core.actor import Actor
from opsportal.core.errors import InvalidError

FORMATS: dict[str, Callable[[Iterator[Entry]], Iterator[bytes]]] = {"jsonl": jsonl, "csv": table}


def ledger_export(institution_id: UUID, *, form: str, where: EntryFilter, actor: Actor) -> Iterator[bytes]:
    """Return a stream of every entry that matches ``where`` up to now; nothing is left out for being too much.

    ``form`` is ``jsonl`` (the bytes as hashed: without filters, what the verifier takes) or ``csv``. The
    export is recorded before the first byte; a chain that was stopped takes no entry, and is handed out all the same. Raises InvalidError on another form, NotFoundError without a ledger.
    """
    if form not in FORMATS:
        raise InvalidError("The format is jsonl or csv", errors={"format": ["must be jsonl or csv"]})
    size = _record(institution_id, form, where.names, actor)
    return FORMATS[form](entries_stream(institution_id, where, until_seq=size))


def payloads_export(institution_id: UUID, *, actor: Actor) -> Iterator[bytes]:
    """Return a stream of every payload as the verifier takes it: personal data, so that it is recorded as well.

    JSONL of ``commit``, ``salt`` and ``body``; an erased one has two empty texts. Raises NotFoundError
    without a ledger.
    """
    _record(institution_id, "payloads", [], actor)
    return payloads_jsonl(institution_id)


def _record(institution_id: UUID, form: str, filters: list[str], actor: Actor) -> int:
    size = head(institution_id).seq
    data = {"format": form, "size": size, "filters": filters}
    if not is_stopped(institution_id):
        with unit(institution_id, actor):
            entry_record(kind=Kind.LEDGER_EXPORTED, subject=f"institution:{institution_id}", actor=actor, data=data)
    return size
