"""Reads of scenarios, runs, ticks and heartbeats."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Count, QuerySet

from opsportal.core.errors import NotFoundError
from scenarios.models import Heartbeat, Run, Scenario, Tick, TickLease
from scenarios.results import Watched

STRIP = 30  # results shown in a row


def scenarios_watched() -> dict[str, Watched]:
    """Return the standing of every enabled scenario of the institution in scope, by name."""
    rows = Scenario.objects.filter(is_enabled=True, is_retired=False)
    return {row[1]: Watched(*row) for row in rows.values_list("pk", "name", "state", "reason", "cause")}


def scenarios_listed() -> QuerySet[Scenario]:
    """Return the scenarios that the registry holds, by name."""
    return Scenario.objects.filter(is_retired=False).select_related("institution").order_by("name")


def scenario_get(name: str) -> Scenario:
    """Return the scenario called ``name``; raise NotFoundError when there is none, or not here."""
    found = scenarios_listed().filter(name=name).first()
    if found is None:
        raise NotFoundError(f"There is no scenario {name!r}.")
    return found


def scenarios_by_state() -> Mapping[str, int]:
    """Return how many enabled scenarios are in each state."""
    rows = Scenario.objects.filter(is_retired=False, is_enabled=True).order_by()
    return dict(rows.values_list("state").annotate(total=Count("pk")))


def runs_recent(scenario: Scenario) -> QuerySet[Run]:
    """Return the runs of ``scenario``, newest first."""
    return Run.objects.filter(scenario=scenario).select_related("scenario", "tick").order_by("-pk")


def strips_recent(keys: Sequence[int], *, length: int = STRIP) -> dict[int, list[Run]]:
    """Return the last ``length`` runs of each of at most 200 scenarios (by pk), oldest first, in one query.

    Each scenario's newest runs come from its own index range, joined by UNION ALL: neither database
    takes this way by itself, and a window function would read every run there is.
    """
    strips: dict[int, list[Run]] = {key: [] for key in keys}
    if not strips:
        return strips
    branch = (
        "SELECT * FROM (SELECT id, code, state, reason, started_at, scenario_id FROM scenarios_run"
        " WHERE scenario_id = %s ORDER BY id DESC LIMIT %s) AS branch"
    )
    statement = " UNION ALL ".join([branch] * len(strips))
    for run in Run.objects.raw(statement, [value for key in strips for value in (key, length)]):
        strips[run.scenario_id].append(run)
    return {key: sorted(runs, key=lambda run: run.pk) for key, runs in strips.items()}


def run_get(code: UUID) -> Run:
    """Return one run with its scenario; raise NotFoundError when it is not there or not yours."""
    found = Run.objects.select_related("scenario", "tick").filter(code=code).first()
    if found is None:
        raise NotFoundError("There is no such run.")
    return found


def heartbeats_known() -> tuple[dict[str, datetime | None], dict[str, datetime]]:
    """Return, by name, when each heartbeat of the institution in scope was last heard and when it was made."""
    rows = list(Heartbeat.objects.values_list("name", "last_ping_at", "created_at"))
    return {name: ping for name, ping, _ in rows}, {name: made for name, _, made in rows}


def heartbeats_of(names: Sequence[str]) -> list[Heartbeat]:
    """Return the heartbeats with these names, by name."""
    return list(Heartbeat.objects.filter(name__in=names).order_by("name")) if names else []


def tick_last() -> Tick | None:
    """Return the newest tick that completed; None before the first."""
    return Tick.objects.filter(status=Tick.Status.COMPLETED).first()


def tick_overdue(at: datetime) -> timedelta:
    """Return for how long the next tick has been due without beginning; zero when all is in time."""
    lease = TickLease.objects.filter(pk=1).first()
    if lease is None or lease.next_due_at is None:
        return timedelta()
    grace = timedelta(seconds=max(settings.INTERVAL_SECONDS / 2, 5))
    return max(at - lease.next_due_at - grace, timedelta())
