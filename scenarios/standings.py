"""A scenario as people know it: its standing, and what the registry says of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings

from opsportal.core.words import spoken
from scenarios.models import Scenario
from scenarios.registry import registry_active
from scenarios.registry.spec import ScenarioSpec
from scenarios.selectors import scenarios_listed


@dataclass(frozen=True, slots=True)
class Standing:
    """``spec`` is None when the active registry holds an entry that this release cannot read."""

    scenario: Scenario
    spec: ScenarioSpec | None

    @property
    def title(self) -> str:
        """What it is called, in the reader's language."""
        return spoken(self.spec.title) if self.spec else self.scenario.name

    @property
    def interval_seconds(self) -> int:
        """How often it is looked at."""
        return (self.spec.interval_seconds if self.spec else None) or settings.INTERVAL_SECONDS

    @property
    def what_to_do(self) -> str:
        """What people should do when it fails, in their language; what was measured is not filled in."""
        return spoken(self.spec.human_action) if self.spec else ""


def standings_of(scenarios: Iterable[Scenario]) -> list[Standing]:
    """Return the standings of ``scenarios``, in their order, as the active registry describes them."""
    specs = registry_active().scenarios
    return [Standing(scenario, specs.get(scenario.name)) for scenario in scenarios]


def scenarios_by_owner() -> dict[str, list[str]]:
    """Return the ids of the scenarios of the institution in scope, by the roster id of their owner."""
    owned: dict[str, list[str]] = {}
    for standing in standings_of(scenarios_listed()):
        if standing.spec:
            owned.setdefault(standing.spec.owner, []).append(standing.scenario.name)
    return owned
