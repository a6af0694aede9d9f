"""The first step of a tick: take the lease, notice what crashed, read what is due.

It commits before the first look, so that no transaction is open while the network is used.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from ledger.kinds import Kind
from ledger.services import entry_record, state_move, unit
from opsportal.core.actor import Actor
from opsportal.core.scope import institution_scope
from opsportal.institutions.models import Institution
from scenarios.facts import facts_at
from scenarios.models import Scenario, Tick, TickLease
from scenarios.probes.base import ProbeContext
from scenarios.registry import registry_active
from scenarios.registry.spec import Registry, ScenarioSpec
from scenarios.results import Watched
from scenarios.selectors import heartbeats_known, scenarios_watched
from scenarios.services.lease import lease_take

LATE_FACTOR = 2  # a tick is late when it begins more than this many intervals after the one before


@dataclass(frozen=True, slots=True)
class Claim:
    """What a tick set out to look at, per institution."""

    tick: Tick
    system_id: UUID
    registry: Registry
    due: Mapping[UUID, Sequence[tuple[Watched, ScenarioSpec]]]
    standing: Mapping[UUID, Mapping[str, Watched]]
    contexts: Mapping[UUID, ProbeContext]


def tick_claim(*, trigger: Tick.Trigger, actor: Actor, everything: bool) -> Claim:
    """Begin a tick; raise ConflictError TICK_RUNNING while another holds the lease."""
    now = timezone.now()
    system_id = Institution.objects.values_list("pk", flat=True).get(is_system=True)
    registry = registry_active()
    with unit(system_id, actor):
        lease = lease_take(at=now)
        for crashed in Tick.objects.filter(status=Tick.Status.RUNNING):
            data = {"tick": crashed.code, "fence": crashed.fence}
            state_move(crashed, to=Tick.Status.CRASHED, kind=Kind.TICK_CRASHED, actor=actor, data=data, finished_at=now)
        late = _lateness_seconds(lease, now)
        if late and trigger == Tick.Trigger.TICKER:
            entry_record(
                kind=Kind.TICK_LATE,
                subject=f"tick:{lease.fence}",
                actor=actor,
                data={"late_seconds": late, "fence": lease.fence},
            )
        tick = Tick.objects.create(trigger=trigger, fence=lease.fence, registry_digest=registry.digest, started_at=now)
    due, standing, contexts = {}, {}, {}
    late_fact = {"tick_late_seconds": late}
    for key in Institution.objects.filter(ledger_broken_at__isnull=True).order_by("pk").values_list("pk", flat=True):
        with institution_scope(key):
            standing[key] = scenarios_watched()
            due[key] = _due(registry, standing[key], at=now, everything=everything)
            contexts[key] = context_at(now, [spec for _, spec in due[key]], late_fact)
    return Claim(tick, system_id, registry, due, standing, contexts)


def context_at(at: datetime, specs: Iterable[ScenarioSpec], late: Mapping[str, object] | None = None) -> ProbeContext:
    """Return what the probes of ``specs`` may know in the institution in scope; what none of them asks is not read."""
    kinds = {check.kind for spec in specs for check in spec.checks}
    pings, made = heartbeats_known() if "heartbeat" in kinds else ({}, {})
    facts = {**facts_at(at), **(late or {})} if "self" in kinds else {}
    return ProbeContext(
        now=at, heartbeats=pings, heartbeats_since=made, facts=facts, databases=settings.PROBE_DATABASES
    )


def _due(
    registry: Registry, known: Mapping[str, Watched], *, at: datetime, everything: bool
) -> list[tuple[Watched, ScenarioSpec]]:
    names = set(known)
    if not everything:
        is_due = Q(next_due_at__isnull=True) | Q(next_due_at__lte=at)
        names = set(
            Scenario.objects.filter(is_due, pk__in=[w.pk for w in known.values()]).values_list("name", flat=True)
        )
    return [(known[name], registry.scenarios[name]) for name in sorted(names) if name in registry.scenarios]


def _lateness_seconds(lease: TickLease, now: datetime) -> int:
    """Return by how many seconds this tick is late; 0 when it is in time or the first."""
    if lease.next_due_at is None:
        return 0
    late = (now - lease.next_due_at).total_seconds()
    return int(late) if late > settings.INTERVAL_SECONDS * (LATE_FACTOR - 1) else 0
