"""What the Now page shows: how things stand in one institution, and whether the portal itself is well."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from agents.models import Severity
from findings.models import Finding
from findings.selectors import findings_active, findings_by_severity
from ledger.kinds import Kind
from ledger.models import Checkpoint, Entry, Head
from opsportal.core.actor import Actor
from opsportal.institutions.access import Permission, may
from opsportal.jobs.selectors import ALIVE, worker_latest
from remediation.machines import runtimes_offline
from remediation.selectors import approvals_owed
from scenarios.models import ProbeState, Tick
from scenarios.registry import registry_problems
from scenarios.selectors import scenarios_by_state, tick_last, tick_overdue

ROUNDS = 288  # a day of rounds every five minutes
WORST = 8


@dataclass(frozen=True, slots=True)
class Standing:
    """The numbers of the Now page. ``rounds`` is what the plot draws: seconds, then a series per state."""

    urgent: int
    active: int
    worst: list[Finding]
    states: dict[str, int]
    rounds: dict[str, Any]

    @property
    def watched(self) -> int:
        """How many scenarios are configured and enabled."""
        return sum(count for state, count in self.states.items() if state != ProbeState.NOT_CONFIGURED)

    @property
    def unwell(self) -> int:
        """How many of them are not ok."""
        return self.watched - self.states.get(ProbeState.OK, 0)


@dataclass(frozen=True, slots=True)
class PortalHealth:
    """Whether the portal itself works. None and zero mean that there is nothing to say."""

    tick: Tick | None
    tick_late: timedelta
    worker_beat_at: datetime | None
    is_worker_alive: bool
    registry_problems: int
    head_seq: int
    checkpoint: Checkpoint | None


@dataclass(frozen=True, slots=True)
class Governing:
    """The numbers of governance on the Now page; None where that is no question for this reader."""

    approvals: int | None
    runtimes_offline: int | None


def governing_now(actor: Actor) -> Governing:
    """Return what waits for the approval of ``actor``, and how many runtimes are silent. At most four queries."""
    return Governing(
        approvals=len(approvals_owed(actor.roles, actor.id)) if may(actor.roles, Permission.APPROVAL_DECIDE) else None,
        runtimes_offline=runtimes_offline() if may(actor.roles, Permission.RUNTIME_READ) else None,
    )


def standing_now() -> Standing:
    """Return how things stand in the institution in scope. Four queries, whatever its size."""
    severities = findings_by_severity()
    return Standing(
        urgent=severities.get(Severity.CRITICAL, 0) + severities.get(Severity.HIGH, 0),
        active=sum(severities.values()),
        worst=list(findings_active()[:WORST]),
        states=dict(scenarios_by_state()),
        rounds=_rounds(),
    )


def _rounds() -> dict[str, Any]:
    """Return the counts of the last rounds, as their ledger entries hold them, oldest first."""
    newest = Entry.objects.filter(kind=Kind.TICK_COMPLETED).order_by("-seq").values_list("body", flat=True)[:ROUNDS]
    rows = [json.loads(body) for body in newest][::-1]
    shown = (ProbeState.DOWN, ProbeState.DEGRADED, ProbeState.UNKNOWN)
    times = [datetime.fromisoformat(row["ts"]).timestamp() for row in rows]
    series = [[row["data"]["counts"][state.value] for row in rows] for state in shown]
    tones = ["--tblr-red", "--tblr-orange", "--tblr-secondary"]
    return {"labels": [str(state.label) for state in shown], "tones": tones, "points": [times, *series]}


def portal_health(*, at: datetime) -> PortalHealth:
    """Return whether rounds, worker, registry and ledger are in order. Six queries."""
    worker = worker_latest()
    seq = Head.objects.values_list("seq", flat=True).first()
    return PortalHealth(
        tick=tick_last(),
        tick_late=tick_overdue(at),
        worker_beat_at=worker.beat_at if worker else None,
        is_worker_alive=bool(worker and not worker.end and worker.beat_at > at - ALIVE),
        registry_problems=len(registry_problems()),
        head_seq=seq or 0,
        checkpoint=Checkpoint.objects.order_by("-pk").first(),
    )
