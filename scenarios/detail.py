"""What the page of one scenario, and of one run, is made of."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils import timezone

from scenarios.board import BoardRow, board_read
from scenarios.markdown import markdown_html
from scenarios.models import CheckState, Heartbeat, Run, Scenario
from scenarios.panels import panels_of
from scenarios.plots import Plot, measure_default, measures_of, plot_of
from scenarios.probes.base import CheckSpec
from scenarios.registry import Registry, ScenarioSpec, registry_active
from scenarios.selectors import STRIP, heartbeats_of, runs_recent

PLOTTED = 120  # runs in the plot


def scenario_context(scenario: Scenario, *, measure: str, sees_addresses: bool) -> dict[str, Any]:
    """Return what the page of ``scenario`` shows; ``sees_addresses``: the secret URLs of its heartbeats too."""
    registry = registry_active()
    spec = registry.scenarios.get(scenario.name)
    related = _related(registry, spec)
    standing = {row.name: row for row in board_read(registry, names={scenario.name, *related})}
    plotted = list(runs_recent(scenario)[:PLOTTED])[::-1]
    return {
        "scenario": scenario,
        "row": standing[scenario.name],
        "spec": spec,
        "parents": _rows(standing, spec.depends_on if spec else ()),
        "children": _rows(standing, _children(registry, spec)),
        "streaks": {streak.check_name: streak for streak in CheckState.objects.filter(scenario=scenario)},
        "heartbeats": _heartbeats(spec) if sees_addresses else [],
        "runbook": markdown_html(spec.runbook) if spec else "",
        "strip": plotted[-STRIP:],
        **plot_context(plotted, measure),
        "panels": panels_of(scenario),
        "now": timezone.now(),
    }


def plot_context(runs: Sequence[Run], measure: str) -> dict[str, Any]:
    """Return the plot of ``runs`` (oldest first) and what else could be plotted; no plot for less than two points."""
    measures = measures_of(runs)
    wanted = measure if measure in measures else measure_default(runs, measures)
    plot: Plot | None = plot_of(runs, wanted)
    if plot is None or sum(value is not None for series in plot.points[1:] for value in series) < 2:
        plot = None
    return {"plot": plot, "measures": measures}


def run_context(run: Run) -> dict[str, Any]:
    """Return what the page of ``run`` shows: its looks, and its neighbours in time."""
    others = Run.objects.filter(scenario=run.scenario).only("code")
    return {
        "run": run,
        "before": others.filter(pk__lt=run.pk).order_by("-pk").first(),
        "after": others.filter(pk__gt=run.pk).order_by("pk").first(),
        "row": board_read(names=[run.scenario.name])[0],
    }


def _related(registry: Registry, spec: ScenarioSpec | None) -> set[str]:
    return {*spec.depends_on, *_children(registry, spec)} if spec else set()


def _children(registry: Registry, spec: ScenarioSpec | None) -> list[str]:
    return [other.id for other in registry.scenarios.values() if spec and spec.id in other.depends_on]


def _rows(standing: Mapping[str, BoardRow], names: Iterable[str]) -> list[BoardRow]:
    return [standing[name] for name in names if name in standing]


def _heartbeats(spec: ScenarioSpec | None) -> list[tuple[CheckSpec, Heartbeat]]:
    """Return the heartbeat checks of ``spec`` with the ear of each."""
    checks = {str(check.params["name"]): check for check in (spec.checks if spec else ()) if check.kind == "heartbeat"}
    return [(checks[ear.name], ear) for ear in heartbeats_of(list(checks))]
