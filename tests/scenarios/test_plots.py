"""Numbers of runs over time."""

from datetime import UTC, datetime, timedelta
from typing import Any

from scenarios.models import Run
from scenarios.plots import DURATION, measure_default, measures_of, plot_of, unit_of

START = datetime(2026, 3, 1, tzinfo=UTC)


def run(minute: int, *looks: dict[str, Any]) -> Run:
    return Run(started_at=START + timedelta(minutes=minute), evidence=list(looks))


def look(check: str = "api", ms: int = 5, **measured: Any) -> dict[str, Any]:
    return {"check": check, "ms": ms, "measured": measured, "expected": {}}


def test_a_measure_that_is_missing_is_a_gap_and_never_zero() -> None:
    runs = [run(0, look(latency_ms=12)), run(1, look(error="refused")), run(2, look(latency_ms=0))]
    plot = plot_of(runs, "latency_ms")
    assert (plot.labels, plot.unit) == (["api"], "ms")
    assert plot.points == [[START.timestamp() + 60 * minute for minute in range(3)], [12, None, 0]]


def test_each_check_is_a_series_of_its_own_and_four_are_enough() -> None:
    runs = [run(0, *(look(name, ms=place) for place, name in enumerate("abcde")))]
    plot = plot_of(runs, DURATION)
    assert plot.labels == ["a", "b", "c", "d"]
    assert plot.points[1:] == [[0], [1], [2], [3]]


def test_only_numbers_can_be_plotted() -> None:
    runs = [run(0, look(status=200, exists=True, text="x", disk={"/": 81.5}, latency_ms=3))]
    assert measures_of(runs) == ["disk./", "latency_ms", "ms"]
    assert plot_of(runs, "disk./").points[1] == [81.5]


def test_unasked_it_shows_the_latency_else_what_a_condition_judges_else_the_duration() -> None:
    judged = look(used_percent=81)
    judged["expected"] = {"used_percent": "< 90"}
    assert measure_default([run(0, judged)], ["used_percent", "ms"]) == "used_percent"
    assert measure_default([run(0, judged)], ["used_percent", "latency_ms", "ms"]) == "latency_ms"
    assert measure_default([run(0, look(used_percent=81))], ["used_percent", "ms"]) == DURATION
    assert measure_default([], [DURATION]) == DURATION


def test_a_unit_is_read_from_the_name() -> None:
    assert [unit_of(name) for name in ("ms", "age_seconds", "disk_percent", "count")] == ["ms", "s", "%", ""]
