"""Chains and entries for tests."""

from uuid import UUID, uuid4

from ledger.kinds import Kind
from ledger.services import chain_start, entry_record, unit
from opsportal.core.actor import SYSTEM, Actor

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
