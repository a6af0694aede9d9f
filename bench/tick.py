"""A whole tick of 2,000 HTTP checks: look, runs, findings, ledger, against the exporter that only looks.

One in twenty targets fails. CPU of this process per check stands against CPU of the exporter per probe of
the same targets, tick and exporter taking turns.
"""

import os
import statistics
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time
from typing import Any
from unittest.mock import patch

import yaml

from bench.report import Row, row, suite_report
from bench.scratch import on_both
from bench.targets import Exporter, addresses, blackbox, web_servers

CHECKS = 2_000
FAILING_EVERY = 20
ROUNDS = 5


def measure() -> list[Row]:
    """Run ticks and the exporter in turn; return what they cost."""
    with tempfile.TemporaryDirectory(prefix="opsportal-targets-") as name:
        folder = Path(name)
        with web_servers(folder) as port, blackbox(folder) as exporter:
            return _measured(port, exporter)


def _measured(port: int, exporter: Exporter) -> list[Row]:
    from django.conf import settings

    from opsportal.core.actor import TICKER
    from opsportal.institutions.services import first_start
    from scenarios.models import Run, Tick
    from scenarios.probes.running import looks_sync
    from scenarios.registry import registry_problems
    from scenarios.services import tick_run

    first_start()
    urls = [_url(address, port, number) for number, address in enumerate(addresses(CHECKS))]
    settings.REGISTRY = Path(settings.DATA_DIR) / "registry.yaml"
    settings.REGISTRY.write_text(
        yaml.safe_dump({"version": 1, "scenarios": [_entry(n, u) for n, u in enumerate(urls)]})
    )

    looking: list[float] = []

    def timed_looks(*args: Any, **options: Any) -> Any:
        begun = perf_counter()
        try:
            return looks_sync(*args, **options)
        finally:
            looking.append(perf_counter() - begun)

    def tick() -> tuple[float, float, float]:
        wall, cpu = perf_counter(), process_time()
        with patch("scenarios.services.tick.looks_sync", timed_looks):
            result = tick_run(trigger=Tick.Trigger.COMMAND, actor=TICKER, everything=True)
        assert len(result.runs) == CHECKS, registry_problems()[:3]
        assert sum(not run.is_ok for run in result.runs) == CHECKS // FAILING_EVERY
        total = perf_counter() - wall
        return total, process_time() - cpu, total - looking[-1]

    opening = tick()  # loads the registry, opens the findings
    rounds = [(tick(), exporter.probe(urls)) for _ in range(ROUNDS)]
    assert Run._base_manager.count() == CHECKS * (ROUNDS + 1)
    total, cpu, database = (statistics.median(one[0][column] for one in rounds) for column in range(3))
    peer = statistics.median(spent for _, spent in rounds)
    return [
        row(
            "exporter's CPU per probe over the tick's per check",
            cpu / CHECKS * 1000,
            "ms",
            baseline=peer / CHECKS * 1000,
            ratio=peer / cpu,
            goal=">= 1.0",
        ),
        row("checks per second, one worker", CHECKS / total, "1/s", goal=">= 1500"),
        row(
            "database part of the tick",
            database * 1000,
            "ms",
            baseline=total * 1000,
            ratio=database / total,
            goal="<= 0.15",
        ),
        row("database part when 100 findings open (registry load included)", opening[2] * 1000, "ms"),
    ]


def _url(address: str, port: int, number: int) -> str:
    return f"http://{address}:{port}/{'broken' if number % FAILING_EVERY == 0 else 'ok'}"


def _entry(number: int, url: str) -> dict[str, Any]:
    words = {"en": f"Target {number}", "pt-br": f"Alvo {number}"}
    return {
        "id": f"bench.n{number}",
        "title": words,
        "owner": "A1",
        "severity": "high",
        "down_after": 1,
        "up_after": 1,
        "checks": [
            {
                "name": "main",
                "kind": "http",
                "with": {"url": url},
                "conditions": [{"measure": "status", "op": "==", "value": 200}],
            }
        ],
        "human_action": dict(words),
        "runbook": "Look at it.",
    }


if __name__ == "__main__":
    os.environ.setdefault("OPSPORTAL_LOG_LEVEL", "ERROR")
    sys.exit(not suite_report("tick", on_both("bench.tick", measure)))
