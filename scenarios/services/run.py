"""Run one scenario by hand: the same three steps as a tick, for one."""

from uuid import UUID

from django.conf import settings
from django.utils import timezone

from opsportal.core.actor import Actor
from opsportal.core.errors import ConflictError, NotFoundError
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Permission, require
from scenarios.probes.running import looks_sync
from scenarios.registry import registry_active
from scenarios.results import blamed, result_of
from scenarios.selectors import scenario_get, scenarios_watched
from scenarios.services.claim import context_at
from scenarios.services.record import results_record
from scenarios.services.tick import RunSummary, checks_looked, summary_of


def scenario_run(*, institution_id: UUID, name: str, actor: Actor) -> RunSummary:
    """Look at one scenario now and return what was seen, findings and ledger written.

    Raises RefusedError without ``run.start``, NotFoundError for an unknown scenario, ConflictError for
    a disabled one.
    """
    require(actor, Permission.RUN_START)
    at = timezone.now()
    with institution_scope(institution_id):
        scenario = scenario_get(name)
        if not scenario.is_enabled:
            raise ConflictError(f"{name} is disabled. Enable it first.", code="SCENARIO_DISABLED")
        standing = scenarios_watched()
        spec = registry_active().scenarios.get(name)
        if spec is None:
            raise NotFoundError(f"The registry has no scenario {name!r}.")
        context = context_at(at, [spec])
    checks = [] if spec.missing else spec.checks
    looks = looks_sync(checks, context, deadline_seconds=settings.TICK_DEADLINE_SECONDS)
    result = result_of(standing[name], spec, checks_looked(spec, iter(looks)), at=at)
    judged = blamed([result], standing)
    findings = results_record(
        institution_id=institution_id, results=judged, actor=actor, started_at=at, at=timezone.now()
    )
    return summary_of(judged[0], institution_id, findings[name])
