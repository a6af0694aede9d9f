"""Numbers of runs over time: what can be plotted, and the series for the browser. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scenarios.models import Run

DURATION = "ms"
LATENCY = "latency_ms"
SERIES = 4  # more lines in one plot are not told apart
_WORDS = frozenset({"status"})  # numbers that are names
_UNITS = {"_ms": "ms", "_seconds": "s", "_percent": "%", "_bytes": "B", "_days": "d"}


@dataclass(frozen=True, slots=True)
class Plot:
    """One measure of the runs, a series per check; ``points`` as uPlot wants them: times, then values or None."""

    measure: str
    unit: str
    labels: list[str]
    points: list[list[float | None]]

    @property
    def as_json(self) -> str:
        """What the script of the page reads. As text: htmx takes script elements out of what it swaps in."""
        return json.dumps({"labels": self.labels, "points": self.points}, separators=(",", ":"))


def measures_of(runs: Iterable[Run]) -> list[str]:
    """Return the numeric measures that any of ``runs`` has, in the order of the evidence; the duration last."""
    found: dict[str, None] = {}
    for run in runs:
        for look in run.evidence:
            found.update((name, None) for name, _value in _numbers(look.get("measured")) if name not in _WORDS)
    return [*found, DURATION]


def measure_default(runs: Sequence[Run], measures: Sequence[str]) -> str:
    """Return what to plot unasked: the latency, else the first number that a condition judges, else the duration."""
    if LATENCY in measures:
        return LATENCY
    judged = {name for run in runs[-1:] for look in run.evidence for name in look.get("expected", {})}
    return next((measure for measure in measures if measure in judged), DURATION)


def plot_of(runs: Sequence[Run], measure: str) -> Plot:
    """Return the series of ``measure`` over ``runs``, which come oldest first; what was not measured is a gap."""
    series: dict[str, list[float | None]] = {}
    for place, run in enumerate(runs):
        for look in run.evidence:
            value = look.get("ms") if measure == DURATION else dict(_numbers(look.get("measured"))).get(measure)
            if value is None:
                continue
            if look["check"] not in series and len(series) == SERIES:
                continue
            series.setdefault(look["check"], [None] * len(runs))[place] = value
    times: list[float | None] = [run.started_at.timestamp() for run in runs]
    return Plot(measure, unit_of(measure), list(series), [times, *series.values()])


def unit_of(measure: str) -> str:
    """Return the unit that the name of a measure ends in; empty when it names none."""
    if measure == DURATION:
        return "ms"
    return next((unit for ending, unit in _UNITS.items() if measure.endswith(ending)), "")


def _numbers(measured: Any, name: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(measured, Mapping):
        for key, inner in measured.items():
            yield from _numbers(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(measured, int | float) and not isinstance(measured, bool):
        yield name, measured
