"""From a commit to the browser: one entry at a time, at odd moments, to a handful of sockets.

The clock starts before the append and COMMIT in this process and stops when the message is in the client.
"""

import asyncio
import os
import sys

from bench.listeners import all_have, listen
from bench.live_lab import PATH, Stage, entry_commit, stage_set
from bench.report import Row, percentile, row, suite_report
from bench.scratch import SCRATCH, on_both
from bench.server import WEB, Server, server_running

SOCKETS = 5
ENTRIES = 300
GOAL_MS = {"sqlite": "<= 150", "postgresql": "<= 50"}


async def delays(stage: Stage, server: Server) -> list[float]:
    """Commit entries and return the milliseconds until each client had them."""
    listeners = await listen(server.port, PATH, SOCKETS, cookie=stage.cookie)
    seen = []
    await all_have(listeners, (await asyncio.to_thread(entry_commit, stage.institution_id))[0])
    for number in range(ENTRIES):
        await asyncio.sleep((10 + number * 37 % 110) / 1000)
        seq, begun = await asyncio.to_thread(entry_commit, stage.institution_id)
        await all_have(listeners, seq)
        seen += [(listener.arrivals[seq] - begun) * 1000 for listener in listeners]
    return seen


def measure() -> list[Row]:
    """Run the web server and measure."""
    stage = stage_set()
    with server_running(WEB) as server:
        seen = asyncio.run(delays(stage, server))
    return [
        row("commit to browser, p99", percentile(seen, 0.99), "ms", goal=GOAL_MS[os.environ[SCRATCH]]),
        row("commit to browser, p50", percentile(seen, 0.5), "ms"),
    ]


if __name__ == "__main__":
    sys.exit(0 if suite_report("latency", on_both("bench.latency", measure)) else 1)
