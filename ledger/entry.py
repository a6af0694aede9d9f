"""The bytes of an entry, format version 1. Frozen: see docs/ledger-format.md."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from opsportal.core.actor import Actor

VERSION = 1
GENESIS = "0" * 64
# No key sorts between "prev" and "seq": what stands left and right of the two is known before the lock is taken.
_LEFT = ("actor", "actor_kind", "bundle", "case", "data", "inst", "kind")
_RIGHT = ("subject", "ts", "v")
KEYS = (*_LEFT, "prev", "seq", *_RIGHT)


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry without its place in the chain: all but ``prev`` and ``seq``."""

    institution_id: UUID
    kind: str
    actor: str
    subject: str
    case: UUID | None
    ts: datetime
    left: str
    right: str

    def body(self, prev: str, seq: int) -> str:
        """Return the canonical text of the entry at its place."""
        return f'{self.left}{prev}","seq":{seq}{self.right}'


def draft_make(
    *,
    institution_id: UUID,
    kind: str,
    actor: Actor,
    subject: str,
    case: UUID | None,
    data: str,
    ts: datetime,
    bundle: str | None = None,
) -> Draft:
    """Return the draft of an entry.

    The texts are put together as they are: ``data`` is canonical, and the ids (and ``bundle``, a digest) were
    checked to hold nothing that JSON would escape.
    """
    bundle_text = "null" if bundle is None else f'"{bundle}"'
    case_text = "null" if case is None else f'"{case}"'
    return Draft(
        institution_id=institution_id,
        kind=kind,
        actor=actor.id,
        subject=subject,
        case=case,
        ts=ts,
        left=(
            f'{{"actor":"{actor.id}","actor_kind":"{actor.kind}","bundle":{bundle_text},"case":{case_text},"data":{data},'
            f'"inst":"{institution_id}","kind":"{kind}","prev":"'
        ),
        right=f',"subject":"{subject}","ts":"{timestamp(ts)}","v":{VERSION}}}',
    )


def timestamp(moment: datetime) -> str:
    """Return RFC 3339 in UTC with microseconds: ``2026-01-01T00:00:00.000000Z``."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def leaf(body: str) -> str:
    """Return the hash of an entry: RFC 6962's leaf hash of its bytes, in hexadecimal."""
    return hashlib.sha256(b"\0" + body.encode()).hexdigest()


def links_broken(lines: Iterable[bytes]) -> int:
    """Return the number of the first line whose ``prev`` is not the hash of the line before it, else 0.

    Looks at bytes only, the fastest check there is: it says that a chain is broken, not why.
    """
    sha256, head = hashlib.sha256, GENESIS.encode()
    for number, line in enumerate(lines, 1):
        start = line.rfind(b'"prev":"') + 8
        if line[start : start + 64] != head:
            return number
        head = sha256(b"\0" + line).hexdigest().encode()
    return 0
