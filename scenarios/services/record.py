"""Write what was seen in one institution: one short transaction, a constant number of statements."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from ledger.kinds import Kind
from ledger.services import entry_record, unit
from opsportal.core.actor import Actor
from opsportal.core.scope import institution_scope
from opsportal.institutions.models import Institution
from scenarios import recorders
from scenarios.bulk import runs_insert, scenarios_update
from scenarios.models import ProbeState, Tick
from scenarios.results import ScenarioResult
from scenarios.services.lease import lease_guard


def results_record(
    *,
    institution_id: UUID,
    results: Sequence[ScenarioResult],
    actor: Actor,
    started_at: datetime,
    at: datetime,
    tick: Tick | None = None,
) -> dict[str, int]:
    """Write the runs, the standings, the findings and the ledger entries; return findings per scenario name.

    With ``tick`` the write is guarded by its fence: raises ConflictError TICK_OVERTAKEN, and writes
    nothing, when another tick has begun. Raises FrozenInstitutionError for a read-only institution.
    """
    with institution_scope(institution_id), unit(institution_id, actor):
        if tick is not None:
            lease_guard(tick.fence)
        # Runs by hand and ticks of one institution queue up here; foreign keys to it are not blocked.
        Institution.objects.select_for_update(no_key=True).get(pk=institution_id)
        findings = recorders.record(institution_id=institution_id, results=results, at=at, actor=actor)
        digest = runs_insert(
            institution_id=institution_id,
            tick_id=tick.pk if tick else None,
            results=results,
            started_at=started_at,
            findings=findings,
        )
        _standings_update(results, started_at=started_at, at=at)
        if tick is not None:
            _tick_entry(tick, results, digest, actor)
        else:
            _run_entries(results, digest, findings, actor)
    return {result.spec.id: findings.get(result.watched.pk, 0) for result in results}


def _standings_update(results: Sequence[ScenarioResult], *, started_at: datetime, at: datetime) -> None:
    by_interval: defaultdict[int, list[int]] = defaultdict(list)
    by_state: defaultdict[tuple[str, str, str], list[int]] = defaultdict(list)
    since: list[int] = []
    for result in results:
        by_interval[result.spec.interval_seconds or settings.INTERVAL_SECONDS].append(result.watched.pk)
        if result.is_changed:
            by_state[result.state, result.reason, result.cause].append(result.watched.pk)
        if result.state != result.watched.state:
            since.append(result.watched.pk)
    for seconds, keys in by_interval.items():
        scenarios_update(keys, last_run_at=at, next_due_at=started_at + timedelta(seconds=seconds))
    for (state, reason, cause), keys in by_state.items():
        scenarios_update(keys, state=state, reason=reason, cause=cause)
    if since:
        scenarios_update(since, state_since=at)


def counts_of(results: Sequence[ScenarioResult]) -> dict[str, int]:
    """Return how many results each state has; states that nothing has are 0."""
    counts = Counter(result.state for result in results)
    return {state.value: counts[state] for state in ProbeState}


def _tick_entry(tick: Tick, results: Sequence[ScenarioResult], digest: str, actor: Actor) -> None:
    entry_record(
        kind=Kind.TICK_COMPLETED,
        subject=tick,
        actor=actor,
        data={
            "tick": tick.code,
            "fence": tick.fence,
            "trigger": tick.trigger,
            "counts": counts_of(results),
            "registry": tick.registry_digest,
            "runs": digest,
            "duration_ms": int((timezone.now() - tick.started_at).total_seconds() * 1000),
        },
    )


def _run_entries(results: Sequence[ScenarioResult], digest: str, findings: Mapping[int, int], actor: Actor) -> None:
    for result in results:
        entry_record(
            kind=Kind.RUN_COMPLETED,
            subject=f"run:{result.code}",
            actor=actor,
            data={
                "run": result.code,
                "scenario": result.spec.id,
                "state": str(result.state),
                "runs": digest,
                "findings": findings.get(result.watched.pk, 0),
                "duration_ms": result.duration_ms,
            },
        )
