"""What a registry says, as values: nothing here reads files, settings or the database."""

from collections.abc import Mapping
from dataclasses import dataclass

from scenarios.probes.base import CheckSpec

Words = Mapping[str, str]
"""The same words in each language: ``{"en": …, "pt-br": …}``."""


@dataclass(frozen=True, slots=True)
class ScenarioSpec:
    """One thing that is watched: how, how often, whose it is, and what to do when it fails.

    ``missing`` names the settings that it needs and that are not set; while there are any it is
    *not configured*, is never probed and never alarms.
    """

    id: str
    title: Words
    owner: str
    severity: str
    interval_seconds: int | None
    down_after: int
    up_after: int
    depends_on: tuple[str, ...]
    institution: str
    checks: tuple[CheckSpec, ...]
    runbook: str
    human_action: Words
    missing: tuple[str, ...] = ()

    @property
    def is_configured(self) -> bool:
        """True when every setting that it needs is set."""
        return not self.missing


@dataclass(frozen=True, slots=True)
class Registry:
    """All that is watched. ``digest`` is the SHA-256 of the files that say so, ``scenarios`` goes by id."""

    digest: str
    scenarios: Mapping[str, ScenarioSpec]

    def owned_by(self, agent_id: str) -> tuple[ScenarioSpec, ...]:
        """Return what the agent ``agent_id`` owns, by id."""
        return tuple(spec for spec in self.scenarios.values() if spec.owner == agent_id)
