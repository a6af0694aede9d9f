"""The personal part of an entry: beside the chain, shown to who may read it, and erasable."""

import json
from collections.abc import Collection
from dataclasses import dataclass, field

from agents.chronicle import Line
from ledger.commitment import commitment
from ledger.selectors import payloads_of
from opsportal.institutions.access import Permission


@dataclass(frozen=True, slots=True)
class Private:
    """What an entry commits to. ``is_true`` tells whether the text is still the one that was committed to."""

    commit: str
    is_erased: bool = False
    is_hidden: bool = False
    is_true: bool = False
    fields: dict[str, str] = field(default_factory=dict)


def private_of(line: Line, permissions: Collection[str]) -> Private | None:
    """Return the personal part of an entry to a reader with ``permissions``; None when it has none. One query."""
    commit = line.data.get("commit")
    if not commit:
        return None
    payload = payloads_of(line.entry.institution_id, [commit]).get(commit)
    if payload is None or payload.erased_at is not None:
        return Private(commit, is_erased=True)
    if Permission.PERSONAL_READ not in permissions:
        return Private(commit, is_hidden=True)
    return Private(
        commit,
        is_true=commitment(bytes.fromhex(payload.salt), payload.body) == commit,
        fields={name: str(value) for name, value in json.loads(payload.body).items()},
    )
