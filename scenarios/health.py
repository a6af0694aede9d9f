"""Whether the portal is at work, in words that strangers may read."""

from dataclasses import dataclass
from datetime import datetime

from opsportal.core.scope import institution_scope
from opsportal.institutions.models import Institution
from scenarios.models import ProbeState, Scenario
from scenarios.registry import registry_active
from scenarios.selectors import tick_last, tick_overdue

MODEL_SCENARIO = "ollama.vm123.health"
"""Watches the server of the model: asked here, so that a stranger's request never goes out to it."""


@dataclass(frozen=True, slots=True)
class Health:
    """``ollama`` is whether the model's server answered when it was last looked at. No model answers questions yet."""

    status: str
    ollama: bool
    last_tick_at: datetime | None
    tier: str = "t0"
    model: str | None = None
    embed_model: str | None = None


def health_at(at: datetime) -> Health:
    """Return how the portal is: ok, starting (no round has ended yet) or degraded (the next one is overdue)."""
    tick = tick_last()
    status = "degraded" if tick_overdue(at) else "ok" if tick else "starting"
    return Health(status=status, ollama=_model_answers(), last_tick_at=tick.finished_at if tick else None)


def _model_answers() -> bool:
    spec = registry_active().scenarios.get(MODEL_SCENARIO)
    institution = Institution.objects.filter(slug=spec.institution).first() if spec else None
    if institution is None:
        return False
    with institution_scope(institution.pk):
        return Scenario.objects.filter(name=MODEL_SCENARIO, state=ProbeState.OK, is_enabled=True).exists()
