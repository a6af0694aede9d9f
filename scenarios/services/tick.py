"""The tick: claim, look, write. The ticker, the token endpoint and the command all come here.

No transaction is open while the network is used: the claim commits before the first look, and
the write begins after the last.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from ledger.kinds import Kind
from ledger.services import state_move, unit
from opsportal.core.actor import Actor
from opsportal.core.errors import DomainError
from opsportal.core.scope import institution_scope
from opsportal.institutions.models import Institution
from scenarios.models import Scenario, Tick
from scenarios.probes.base import CheckSpec, Look, ProbeContext
from scenarios.probes.running import looks_sync
from scenarios.registry.services import registry_sync
from scenarios.registry.spec import ScenarioSpec
from scenarios.results import ScenarioResult, blamed, result_of
from scenarios.services.claim import Claim, tick_claim
from scenarios.services.lease import lease_release
from scenarios.services.record import results_record

log = logging.getLogger(__name__)


class RunSummary(NamedTuple):
    """One run as the doors report it. A tuple, for a tick makes thousands."""

    scenario_id: str
    institution_id: UUID
    status: str
    findings_count: int
    run_id: str
    duration_ms: int

    @property
    def is_ok(self) -> bool:
        """True when nothing is wrong with it, or nothing is configured."""
        return self.status in ("ok", "not_configured")


@dataclass(frozen=True, slots=True)
class TickResult:
    """What one tick did."""

    tick: Tick
    runs: tuple[RunSummary, ...]


def tick_run(*, trigger: Tick.Trigger, actor: Actor, everything: bool) -> TickResult:
    """Look at the scenarios that are due (or at ``everything`` enabled) and write what was seen.

    Raises ConflictError TICK_RUNNING while another tick runs. An institution whose write fails does
    not keep the others from theirs; the tick then ends as crashed and says so in the ledger.
    """
    registry_sync(actor=actor)
    claim = tick_claim(trigger=trigger, actor=actor, everything=everything)
    try:
        results = _look(claim)
        return _write(claim, results, actor)
    finally:
        lease_release(claim.tick.fence, next_due_at=tick_next_due(claim.tick.started_at))


def tick_next_due(started_at: datetime) -> datetime:
    """Return when the earliest enabled scenario is due: at the latest one interval after ``started_at``."""
    latest = started_at + timedelta(seconds=settings.INTERVAL_SECONDS)
    earliest: list[datetime | None] = [latest]
    for institution_id in Institution.objects.values_list("pk", flat=True):
        with institution_scope(institution_id):
            due = Scenario.objects.filter(is_enabled=True, is_retired=False, next_due_at__gt=started_at)
            earliest += due.order_by("next_due_at").values_list("next_due_at", flat=True)[:1]
    return max(min(moment for moment in earliest if moment), started_at + timedelta(seconds=5))


def _look(claim: Claim) -> dict[UUID, list[ScenarioResult]]:
    """Run every check of every institution at the same time; no database is touched."""
    checks: list[CheckSpec] = []
    contexts: list[ProbeContext] = []
    for institution_id, due in claim.due.items():
        mine = [check for _, spec in due if spec.is_configured for check in spec.checks]
        checks += mine
        contexts += [claim.contexts[institution_id]] * len(mine)
    looks = iter(looks_sync(checks, contexts, deadline_seconds=settings.TICK_DEADLINE_SECONDS))
    at = claim.tick.started_at
    return {
        institution_id: blamed(
            [result_of(watched, spec, checks_looked(spec, looks), at=at) for watched, spec in due],
            claim.standing[institution_id],
        )
        for institution_id, due in claim.due.items()
    }


def checks_looked(spec: ScenarioSpec, looks: Iterator[Look]) -> list[tuple[CheckSpec, Look]]:
    """Take the looks of ``spec`` from ``looks``, in the order of its checks."""
    return [] if spec.missing else [(check, next(looks)) for check in spec.checks]


def _tick_end(claim: Claim, summaries: Sequence[RunSummary], actor: Actor, *, failed: bool) -> None:
    tick = claim.tick
    failing = sum(not summary.is_ok for summary in summaries)
    data: dict[str, object] = {"tick": tick.code, "fence": tick.fence}
    data |= {"reason": "write_failed"} if failed else {"runs": len(summaries), "failing": failing}
    with unit(claim.system_id, actor):
        state_move(
            tick,
            to=Tick.Status.CRASHED if failed else Tick.Status.COMPLETED,
            kind=Kind.TICK_CRASHED if failed else Kind.TICK_ENDED,
            actor=actor,
            data=data,
            finished_at=timezone.now(),
            run_count=len(summaries),
            failing_count=failing,
        )


def _write(claim: Claim, results: Mapping[UUID, Sequence[ScenarioResult]], actor: Actor) -> TickResult:
    summaries: list[RunSummary] = []
    failed = False
    for institution_id in sorted(results):
        try:
            summaries += _write_one(claim, institution_id, results[institution_id], actor)
        except (DomainError, DatabaseError):
            log.exception("tick_write_failed", extra={"institution_id": str(institution_id)})
            failed = True
    _tick_end(claim, summaries, actor, failed=failed)
    return TickResult(claim.tick, tuple(summaries))


def _write_one(claim: Claim, institution_id: UUID, results: Sequence[ScenarioResult], actor: Actor) -> list[RunSummary]:
    if not results:
        return []
    findings = results_record(
        institution_id=institution_id,
        results=results,
        actor=actor,
        started_at=claim.tick.started_at,
        at=timezone.now(),
        tick=claim.tick,
    )
    return [summary_of(result, institution_id, findings[result.spec.id]) for result in results]


def summary_of(result: ScenarioResult, institution_id: UUID, findings_count: int) -> RunSummary:
    """Return the run as the doors report it."""
    return RunSummary(
        scenario_id=result.spec.id,
        institution_id=institution_id,
        status=result.state.value,
        findings_count=findings_count,
        run_id=result.code,
        duration_ms=result.duration_ms,
    )
