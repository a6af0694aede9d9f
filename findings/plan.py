"""What a batch of results is going to change, before anything is written."""

from collections import defaultdict
from dataclasses import dataclass, field

from findings.hysteresis import Streak
from findings.models import Finding
from findings.words import severity_of
from scenarios.probes.base import CheckSpec, Look
from scenarios.results import ScenarioResult


@dataclass(frozen=True, slots=True)
class Sighting:
    """One look at one check, and the finding it belongs to when there is one."""

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
    """The findings to open, count, worsen and resolve, and the streaks as they will be."""

    opened: list[Sighting] = field(default_factory=list)
    reopened: list[Sighting] = field(default_factory=list)
    worsened: list[Sighting] = field(default_factory=list)
    resolved: list[Finding] = field(default_factory=list)
    counted: list[int] = field(default_factory=list)
    causes: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    streaks: dict[tuple[int, str], Streak] = field(default_factory=dict)
