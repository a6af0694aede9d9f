"""Hand out entries; that somebody took them is an entry too."""

from collections.abc import Iterator
from uuid import UUID

from ledger.export import entries_stream, jsonl, table
from ledger.kinds import Kind
from ledger.selectors import EntryFilter, head
from ledger.services.unit import entry_record, unit
from opsportal.core.actor import Actor
from opsportal.core.errors import InvalidError

FORMATS = {"jsonl": jsonl, "csv": table}


def ledger_export(institution_id: UUID, *, form: str, where: EntryFilter, actor: Actor) -> Iterator[bytes]:
    """Return a stream of every entry that matches ``where`` up to now; nothing is left out for being too much.

    ``form`` is ``jsonl`` (the bytes as hashed: without filters, what the verifier takes) or ``csv``. The
    export is recorded before the first byte. Raises InvalidError on another form, NotFoundError without a ledger.
    """
    if form not in FORMATS:
        raise InvalidError("The format is jsonl or csv", errors={"format": ["must be jsonl or csv"]})
    size = head(institution_id).seq
    with unit(institution_id, actor):
        data = {"format": form, "size": size, "filters": where.names}
        entry_record(kind=Kind.LEDGER_EXPORTED, subject=f"institution:{institution_id}", actor=actor, data=data)
    return FORMATS[form](entries_stream(institution_id, where, until_seq=size))
