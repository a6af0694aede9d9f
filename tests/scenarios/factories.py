"""Scenarios, looks and results for tests."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from opsportal.core.actor import TICKER
from opsportal.core.scope import institution_scope
from opsportal.institutions.models import Institution
from scenarios.models import ProbeState, Scenario
from scenarios.probes.base import CheckSpec, Look
from scenarios.registry.spec import ScenarioSpec
from scenarios.results import ScenarioResult, Watched, blamed, result_of
from scenarios.selectors import scenarios_watched
from scenarios.services.record import results_record


def spec_make(
    name: str = "web.shop",
    *,
    owner: str = "A1",
    severity: str = "high",
    depends_on: tuple[str, ...] = (),
    checks: tuple[str, ...] = ("main",),
    down_after: int = 1,
    up_after: int = 1,
    missing: tuple[str, ...] = (),
) -> ScenarioSpec:
    """Return a registry entry with one http check per name."""
    return ScenarioSpec(
        id=name,
        title={"en": f"The {name}", "pt-br": f"O {name}"},
        owner=owner,
        severity=severity,
        interval_seconds=None,
        down_after=down_after,
        up_after=up_after,
        depends_on=depends_on,
        institution="home",
        checks=tuple(CheckSpec(name=check, kind="http", params={"url": "http://127.0.0.1:1/"}) for check in checks),
        runbook="1. Look.",
        human_action={
            "en": "Measured {measured}, expected {expected}, since {since}: restart it.",
            "pt-br": "Medido {measured}, esperado {expected}, desde {since}: reinicie.",
        },
        missing=missing,
    )


def scenarios_make(institution: Institution, *specs: ScenarioSpec) -> None:
    """Make the rows of the registry entries."""
    with institution_scope(institution.pk):
        Scenario.objects.bulk_create(Scenario(institution=institution, name=spec.id) for spec in specs)


def look_make(state: str = "down") -> Look:
    """Return what an http check saw."""
    status = 200 if state == "ok" else 503
    reason = "ok" if state == "ok" else "bad_status"
    return Look(ProbeState(state), reason, {"status": status}, {"status": "== 200"}, 12)


def result_make(spec: ScenarioSpec, watched: Watched, *states: str) -> ScenarioResult:
    """Return the run in which the checks of ``spec`` had ``states`` (the last one for the rest)."""
    padded = [*states, *([states[-1]] * len(spec.checks))][: len(spec.checks)]
    looks = [(check, look_make(state)) for check, state in zip(spec.checks, padded, strict=True)]
    return result_of(watched, spec, [] if spec.missing else looks, at=timezone.now())


def looked(institution_id: UUID, *seen: tuple[ScenarioSpec, str], later_seconds: int = 0) -> dict[str, int]:
    """Record that each scenario was seen in a state, as a run by hand; return findings per scenario."""
    at = timezone.now() + timedelta(seconds=later_seconds)
    with institution_scope(institution_id):
        standing = scenarios_watched()
    results = [result_make(spec, standing[spec.id], state) for spec, state in seen]
    return results_record(
        institution_id=institution_id, results=blamed(results, standing), actor=TICKER, started_at=at, at=at
    )
