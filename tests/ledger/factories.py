"""Chains and entries for tests."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

from django.db import connection

from ledger.entry import leaf
from ledger.guards import guards_create, guards_drop
from ledger.kinds import Kind
from ledger.models import Entry, Head
from ledger.services import chain_start, entry_record, unit
from opsportal.core.actor import SYSTEM, Actor
from opsportal.core.scope import institution_scope

DIGEST = "ab" * 32


def chain(entries: int = 0, *, institution_id: UUID | None = None) -> UUID:
    """Start a chain, append ``entries`` to it one unit each, and return its institution."""
    institution_id = institution_id or uuid4()
    with unit(institution_id, SYSTEM):
        chain_start(institution_id)
    for _ in range(entries):
        append(institution_id)
    return institution_id


def append(institution_id: UUID, *, actor: Actor = SYSTEM, subject: str = "scenario:desk.api", count: int = 1) -> None:
    """Append ``count`` entries in one unit."""
    with unit(institution_id, actor):
        for _ in range(count):
            change(actor=actor, subject=subject)


def change(*, actor: Actor = SYSTEM, subject: str = "scenario:desk.api", is_enabled: bool = True) -> None:
    """Record one entry in the unit that is open."""
    data = {"scenario": "desk.api", "is_enabled": is_enabled}
    entry_record(kind=Kind.SCENARIO_CHANGED, subject=subject, actor=actor, data=data)


@contextmanager
def guards_lifted() -> Iterator[None]:
    """Do what the triggers forbid: play somebody who owns the database."""
    guards_drop(connection)
    try:
        yield
    finally:
        guards_create(connection)


def body_change(institution_id: UUID, seq: int, old: str, new: str, *, rehash: bool = False) -> None:
    """Edit the bytes of one entry in the database; with ``rehash`` the hash beside them too."""
    with guards_lifted(), institution_scope(institution_id):
        entry = Entry.objects.get(seq=seq)
        body = entry.body.replace(old, new)
        assert body != entry.body
        Entry.objects.filter(seq=seq).update(body=body, hash=leaf(body) if rehash else entry.hash)


def rewrite_from(institution_id: UUID, seq: int, old: str, new: str) -> None:
    """Edit one entry and recompute every hash after it and the head: a chain that is right in itself."""
    with guards_lifted(), institution_scope(institution_id):
        link = ""
        for entry in Entry.objects.filter(seq__gte=seq).order_by("seq"):
            body = entry.body.replace(old, new) if entry.seq == seq else _relink(entry.body, link)
            link = leaf(body)
            Entry.objects.filter(seq=entry.seq).update(body=body, hash=link)
        Head.objects.update(hash=link)


def swap(institution_id: UUID, one: int, other: int) -> None:
    """Let two entries change places."""
    with guards_lifted(), institution_scope(institution_id):
        for old, new in ((one, 0), (other, one), (0, other)):
            Entry.objects.filter(seq=old).update(seq=new)


def cut(institution_id: UUID, keep: int, *, rewind: bool) -> None:
    """Remove the end of a chain; with ``rewind`` the head, too, says that it ends there."""
    with guards_lifted(), institution_scope(institution_id):
        Entry.objects.filter(seq__gt=keep).delete()
        if rewind:
            Head.objects.update(seq=keep, hash=Entry.objects.get(seq=keep).hash)


def remove(institution_id: UUID, seq: int) -> None:
    """Remove one entry."""
    with guards_lifted(), institution_scope(institution_id):
        Entry.objects.filter(seq=seq).delete()


def _relink(body: str, link: str) -> str:
    return re.sub(r'"prev":"[0-9a-f]{64}"', f'"prev":"{link}"', body)
