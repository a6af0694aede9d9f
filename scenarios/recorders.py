"""Recorders: what higher apps do with the results of a tick, inside its transaction.

``findings`` registers here at start-up. The tick calls every recorder once per institution.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from opsportal.core.actor import Actor
from scenarios.results import ScenarioResult


class Recorder(Protocol):
    """Called within the institution's scope and ledger unit; must use a constant number of queries."""

    def __call__(
        self, *, institution_id: UUID, results: Sequence[ScenarioResult], at: datetime, actor: Actor
    ) -> Mapping[int, int]:
        """Record ``results``; return how many findings each scenario (by pk) has now."""
        ...


_recorders: dict[str, Recorder] = {}


def register(name: str, recorder: Recorder) -> None:
    """Let ``recorder`` see all results from now on; the same name again replaces it."""
    _recorders[name] = recorder


def record(*, institution_id: UUID, results: Sequence[ScenarioResult], at: datetime, actor: Actor) -> dict[int, int]:
    """Give ``results`` to every recorder; return the number of findings per scenario pk."""
    totals: dict[int, int] = {}
    for recorder in _recorders.values():
        counts = recorder(institution_id=institution_id, results=results, at=at, actor=actor)
        for pk, count in counts.items():
            totals[pk] = totals.get(pk, 0) + count
    return totals
