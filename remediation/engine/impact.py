"""What a new version of a contract would have changed: both versions are asked about the same stored snapshots."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from opsportal.core.canonical import Json, canonical_bytes
from remediation.engine.bundle import Bundle
from remediation.engine.decision import Decision
from remediation.engine.evaluation import evaluate
from remediation.engine.snapshot import Snapshot

# From what to what, most dangerous first. Two pairs of equals are changes too: other stages, another refusal.
SEVERITY = (
    ("denied", "allowed"),
    ("needs_approval", "allowed"),
    ("denied", "needs_approval"),
    ("needs_approval", "needs_approval"),
    ("allowed", "allowed"),
    ("allowed", "needs_approval"),
    ("allowed", "denied"),
    ("needs_approval", "denied"),
    ("denied", "denied"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """One decision that would be another; ``id`` is what the caller named the snapshot."""

    id: str
    operation: str
    before: Decision
    after: Decision

    @property
    def kind(self) -> tuple[str, str]:
        """From which effect to which."""
        return self.before.effect, self.after.effect


@dataclass(frozen=True, slots=True)
class Impact:
    """The changes, most dangerous first; ``counts`` by kind, of ``total`` decisions; ``digest`` over all of it."""

    before: str
    after: str
    total: int
    changes: tuple[Change, ...]
    counts: tuple[tuple[tuple[str, str], int], ...]
    digest: str


def impact(before: Bundle, after: Bundle, snapshots: Iterable[tuple[str, Snapshot]]) -> Impact:
    """Return which decisions would change. The order of ``snapshots`` does not matter, their ids must differ."""
    total, changes = 0, []
    for identifier, snapshot in snapshots:
        total += 1
        change = Change(identifier, snapshot.operation, evaluate(before, snapshot), evaluate(after, snapshot))
        if _substance(change.before) != _substance(change.after):
            changes.append(change)
    changes.sort(key=lambda change: (SEVERITY.index(change.kind), change.id))
    kinds = [change.kind for change in changes]
    counts = tuple((kind, kinds.count(kind)) for kind in SEVERITY if kind in kinds)
    text = _json(before, after, total, changes)
    digest = hashlib.sha256(canonical_bytes(text)).hexdigest()
    return Impact(before.digest, after.digest, total, tuple(changes), counts, digest)


def _substance(decision: Decision) -> tuple[object, ...]:
    """Return what makes two decisions the same to those who live with them: not the names of rules, not the words."""
    return decision.effect, decision.code, decision.stages, decision.expires_seconds


def _json(before: Bundle, after: Bundle, total: int, changes: Iterable[Change]) -> dict[str, Json]:
    return {
        "before": before.digest,
        "after": after.digest,
        "total": total,
        "changes": [
            [one.id, one.operation, one.before.effect, one.before.code, one.after.effect, one.after.code]
            for one in changes
        ],
    }
