"""Take the lines of a runtime's own journal, so that what it did can be held against what was ordered."""

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from opsportal.core.errors import ConflictError, InvalidError
from remediation.models import JournalLine, Runtime

GENESIS = "0" * 64
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def journal_take(*, runtime: Runtime, lines: Sequence[str], from_seq: int) -> int:
    """Keep ``lines``, the first of which is number ``from_seq``; return up to which one the portal has them.

    Each must carry the hash of the one before it. Lines that are there already are skipped if they are the same.
    Raises InvalidError for a line that is none, ConflictError when they do not continue what was sent before: a journal
    that was rewritten, or a machine that was restored from a backup.
    """
    at = timezone.now()
    with transaction.atomic():
        Runtime.objects.select_for_update().get(pk=runtime.pk)
        last = JournalLine.objects.filter(runtime=runtime).order_by("-seq").first()
        seq, head = (last.seq, last.hash) if last else (0, GENESIS)
        fresh: list[JournalLine] = []
        for number, line in enumerate(lines, from_seq):
            if number <= seq:
                _same_check(runtime, number, line)
                continue
            fresh.append(_continued(runtime, line, seq=seq, head=head, at=at))
            seq, head = fresh[-1].seq, fresh[-1].hash
        JournalLine.objects.bulk_create(fresh)
    return seq


def _same_check(runtime: Runtime, seq: int, line: str) -> None:
    if not JournalLine.objects.filter(runtime=runtime, seq=seq, line=line).exists():
        raise ConflictError(f"Line {seq} differs from what was sent before.", code="JOURNAL_FORKED")


def _continued(runtime: Runtime, line: str, *, seq: int, head: str, at: datetime) -> JournalLine:
    try:
        said = json.loads(line)
        found = (said["seq"], said["prev"], str(said["kind"]), str(said["job"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InvalidError("That is no line of a journal.", errors={"lines": [f"after line {seq}"]}) from None
    if found[:2] != (seq + 1, head):
        raise ConflictError(f"The journal does not continue after line {seq}.", code="JOURNAL_FORKED")
    return JournalLine(
        institution_id=runtime.institution_id,
        runtime=runtime,
        seq=seq + 1,
        kind=found[2][:40],
        job=UUID(found[3]) if _UUID.fullmatch(found[3]) else None,
        line=line,
        hash=hashlib.sha256(line.encode()).hexdigest(),
        received_at=at,
    )
