"""What a batch of results is going to change, before anything is written."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from findings.hysteresis import Streak
from findings.models import Finding
from findings.words import severity_of
from scenarios.probes.base import CheckSpec, Look
from scenarios.results import ScenarioResult


class Known(NamedTuple):
    """What a tick must know of an active finding: a row of the database as it comes. Most of them only count."""

    pk: int
    scenario_id: int
    scenario_name: str
    check_name: str
    severity: str
    cause: str
    affected_count: int


@dataclass(frozen=True, slots=True)
class Sighting:
    """One look at one check, and the finding it belongs to when that has to change."""

    result: ScenarioResult
    check: CheckSpec
    look: Look
    finding: Finding | None = None
    blinded: tuple[ScenarioResult, ...] = ()  # what cannot be seen because of it

    @property
    def severity(self) -> str:
        """How bad this look is."""
        return severity_of(self.result.spec, self.check, self.look.state)


@dataclass(slots=True)
class Plan:
    """The findings to open, count, worsen and resolve (by pk), and the streaks as they will be."""

    opened: list[Sighting] = field(default_factory=list)
    worsened: dict[int, Sighting] = field(default_factory=dict)
    resolved: list[int] = field(default_factory=list)
    counted: list[int] = field(default_factory=list)
    causes: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    streaks: dict[tuple[int, str], Streak] = field(default_factory=dict)
