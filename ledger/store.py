"""How drafts become rows: one lock, one batch, on either engine."""

from collections.abc import Sequence
from time import monotonic
from typing import Any
from uuid import UUID

from django.db import DatabaseError, IntegrityError, connection, transaction

from ledger.entry import GENESIS, Draft, leaf
from ledger.sql_postgres import FLUSH, STOPPED
from opsportal.core.errors import FrozenInstitutionError
from opsportal.core.statements import cursor_plain

_INSERT = (
    'INSERT INTO ledger_entry (institution_id, seq, ts, kind, actor, subject, "case", body, hash) '
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_HEAD = (
    "SELECT seq, hash, EXISTS (SELECT 1 FROM ledger_stop WHERE institution_id = ledger_head.institution_id) "
    "FROM ledger_head WHERE institution_id = ?"
)
_FORWARD = "UPDATE ledger_head SET seq = ?, hash = ? WHERE institution_id = ?"

# PostgreSQL: a chain on which this process had to wait long is busy for a while: its writers share their flushes.
BUSY_SECONDS = 1.0
_busy_until: dict[UUID, float] = {}


def chain_insert(institution_id: UUID) -> None:
    """Insert the head of a new chain. Raises IntegrityError when there is one already."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT ledger_chain_start(%s)", [institution_id])
        else:
            cursor.execute(
                "INSERT INTO ledger_head (institution_id, seq, hash) VALUES (%s, 0, %s)", [institution_id.hex, GENESIS]
            )


def head_lock(institution_id: UUID) -> None:
    """Wait until no other transaction can append to this chain. SQLite: a writer holds that lock already."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM ledger_head WHERE institution_id = %s FOR UPDATE", [institution_id])


def drafts_append(institution_id: UUID, drafts: Sequence[Draft]) -> int:
    """Append ``drafts`` in order to one chain and return the last seq.

    Call it as the last statement of a transaction: other writers of the same institution
    wait from here to the commit. Raises IntegrityError when the chain was never started, and
    FrozenInstitutionError when it was stopped.
    """
    if connection.vendor == "postgresql":
        return _append_postgres(institution_id, drafts)
    return _append_sqlite(institution_id, drafts)


def _append_postgres(institution_id: UUID, drafts: Sequence[Draft]) -> int:
    is_early = monotonic() < _busy_until.get(institution_id, 0)
    lefts, rights = "\n".join(draft.left for draft in drafts), "\n".join(draft.right for draft in drafts)
    last: int
    last, is_busy = _call(
        "SELECT last, is_busy FROM ledger_append(%s, %s, %s, %s)", institution_id, lefts, rights, is_early
    )
    if is_busy:
        _busy_until[institution_id] = monotonic() + BUSY_SECONDS
    if is_busy or is_early:
        transaction.on_commit(_flush)
    return last


def _call(query: str, *values: object) -> Any:
    """Return the row of a query."""
    try:
        with cursor_plain() as cursor:
            return cursor.execute(query, values).fetchone()
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", None) == STOPPED:
            raise _stopped() from None
        raise


def _flush() -> None:
    """Wait until what was committed is on the disk."""
    with cursor_plain() as cursor:
        cursor.execute(FLUSH)


def _append_sqlite(institution_id: UUID, drafts: Sequence[Draft]) -> int:
    inst = institution_id.hex
    with cursor_plain() as cursor:
        cursor.execute(_HEAD, [inst])
        head: tuple[int, str, int] | None = cursor.fetchone()
        if head is None:
            raise IntegrityError(f"ledger: institution {institution_id} has no chain")
        seq, link, is_stopped = head
        if is_stopped:
            raise _stopped()
        rows = []
        for draft in drafts:
            seq += 1
            body = draft.body(link, seq)
            link = leaf(body)
            case = draft.case.hex if draft.case else None
            ts = connection.ops.adapt_datetimefield_value(draft.ts)
            rows.append((inst, seq, ts, draft.kind, draft.actor, draft.subject, case, body, link))
        cursor.executemany(_INSERT, rows)
        cursor.execute(_FORWARD, [seq, link, inst])
    return seq


def _stopped() -> FrozenInstitutionError:
    return FrozenInstitutionError(
        "The ledger of this institution did not verify: it can be read, not changed.", code="LEDGER_BROKEN"
    )


def deleted_overwrite() -> None:
    """SQLite: have what this connection deletes overwritten in the file, instead of only forgotten."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")
