"""Entries as files: the evidence itself as JSONL, a table for people as CSV."""

import csv
import io
import json
from collections.abc import Iterator
from uuid import UUID

from ledger.models import Entry, Payload
from ledger.selectors import EntryFilter, entries_matching
from opsportal.core.scope import institution_scope

CHUNK = 1_000
COLUMNS = ("seq", "ts", "kind", "actor_kind", "actor", "subject", "case", "data", "prev", "hash")


def entries_stream(institution_id: UUID, where: EntryFilter, *, until_seq: int) -> Iterator[Entry]:
    """Yield the matching entries up to ``until_seq``, ascending, in constant memory; no scope needs to stay open."""
    matching, after = entries_matching(institution_id, where).order_by("seq"), 0
    while chunk := list(matching.filter(seq__gt=after, seq__lte=until_seq)[:CHUNK]):
        yield from chunk
        after = chunk[-1].seq


def jsonl(entries: Iterator[Entry]) -> Iterator[bytes]:
    """Yield each entry's bytes as they were hashed, and a line feed."""
    for entry in entries:
        yield entry.body.encode() + b"\n"


def table(entries: Iterator[Entry]) -> Iterator[bytes]:
    """Yield CSV (RFC 4180, UTF-8) with a header line; ``data`` is JSON."""
    yield _line(COLUMNS)
    for entry in entries:
        body = json.loads(entry.body)
        body["data"] = json.dumps(body["data"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        body["hash"] = entry.hash
        yield _line([body[column] for column in COLUMNS])


def payloads_jsonl(institution_id: UUID) -> Iterator[bytes]:
    """Yield one JSON object per payload: ``commit``, ``salt``, ``body``."""
    with institution_scope(institution_id):
        ordered, after = Payload.objects.order_by("id"), 0
    while chunk := list(ordered.filter(id__gt=after)[:CHUNK]):
        for payload in chunk:
            row = {"commit": payload.commit, "salt": payload.salt, "body": payload.body}
            yield json.dumps(row, ensure_ascii=False).encode() + b"\n"
        after = chunk[-1].pk


def _line(values: object) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(values)  # type: ignore[arg-type]  # any iterable of values
    return buffer.getvalue().encode()
