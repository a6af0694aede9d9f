"""How benchmarks speak: rows with a ratio to a competitor measured in the same run, and a goal.

Machines are noisy, so nothing is judged by absolute time: each figure stands beside a floor or a peer
that ran interleaved with it, and CPU per operation counts rather than the clock on the wall.
"""

import json
import os
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import process_time


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: ``ratio`` is what the goal is about; ``goal`` reads like ``>= 1.0`` or ``<= 150``."""

    name: str
    value: float
    unit: str
    baseline: float | None
    ratio: float | None
    goal: str
    met: bool | None


def row(
    name: str, value: float, unit: str, *, baseline: float | None = None, ratio: float | None = None, goal: str = ""
) -> Row:
    """Return a row; its goal is judged on ``ratio`` when there is one, else on ``value``."""
    judged = value if ratio is None else ratio
    return Row(name, value, unit, baseline, ratio, goal, _is_met(judged, goal) if goal else None)


def _is_met(figure: float, goal: str) -> bool:
    operator, limit = goal.split()
    return figure >= float(limit) if operator == ">=" else figure <= float(limit)


def suite_report(suite: str, rows: Sequence[Row]) -> bool:
    """Print the table of a suite, write ``var/bench/<suite>.json``; return False when a goal was missed."""
    folder = Path(os.environ.get("OPSPORTAL_DATA_DIR", "var")) / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{suite}.json").write_text(json.dumps([asdict(one) for one in rows], indent=1) + "\n")
    lines = [["figure", "value", "unit", "baseline", "ratio", "goal", "met"]]
    lines += [
        [
            one.name,
            _short(one.value),
            one.unit,
            _short(one.baseline),
            _short(one.ratio),
            one.goal or "-",
            _word(one.met),
        ]
        for one in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    print(f"\n{suite}")
    for line in lines:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    sys.stdout.flush()
    return all(one.met is not False for one in rows)


def interleaved(
    competitors: Mapping[str, Callable[[], object]], *, rounds: int = 5, clock: Callable[[], float] = process_time
) -> dict[str, float]:
    """Run every competitor in turn, ``rounds`` times; return the median seconds of each by ``clock`` (CPU by default)."""
    spent: dict[str, list[float]] = {name: [] for name in competitors}
    for _ in range(rounds):
        for name, run in competitors.items():
            begun = clock()
            run()
            spent[name].append(clock() - begun)
    return {name: statistics.median(values) for name, values in spent.items()}


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that ``share`` (0 to 1) of ``values`` do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _short(number: float | None) -> str:
    return "-" if number is None else f"{number:.3g}" if abs(number) < 1000 else f"{number:,.0f}"


def _word(is_met: bool | None) -> str:
    return {True: "yes", False: "NO", None: "-"}[is_met]
