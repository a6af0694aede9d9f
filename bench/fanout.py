"""Fan-out: one committed ledger entry to 1,000 browsers, against the `websockets` library's bare broadcast.

The CPU is that of the server process, per message delivered; the delay runs from before the append and
COMMIT in this process to the arrival in each client, also in this process.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from time import perf_counter

from websockets.asyncio.client import connect

from bench.listeners import Listener, all_have, listen
from bench.live_lab import PATH, Stage, entry_commit, stage_set
from bench.report import Row, percentile, row, suite_report
from bench.scratch import on_both
from bench.server import WEB, Server, server_running

SOCKETS = 1000
ROUNDS = 3
MESSAGES = 20
PAUSE_SECONDS = 0.25
TOLD = '[{"seq":%d,"kind":"SCENARIO_CHANGED","topic":"scenarios","subject":"scenario:bench.live"}]'

Send = Callable[[], Awaitable[tuple[int, float]]]


async def burst(server: Server, listeners: list[Listener], send: Send) -> tuple[float, list[float]]:
    """Send MESSAGES to all; return the server's CPU seconds per delivery, and every delay in seconds."""
    begun = server.cpu_seconds
    delays: list[float] = []
    for _ in range(MESSAGES):
        seq, sent = await send()
        await all_have(listeners, seq)
        delays += [listener.arrivals[seq] - sent for listener in listeners]
        await asyncio.sleep(PAUSE_SECONDS)
    return (server.cpu_seconds - begun) / (MESSAGES * len(listeners)), delays


async def compare(stage: Stage, ours: Server, bare: Server) -> list[Row]:
    """Broadcast in turns."""
    connected = perf_counter()
    here = await listen(ours.port, PATH, SOCKETS, cookie=stage.cookie)
    await all_have(here, (await asyncio.to_thread(entry_commit, stage.institution_id))[0], seconds=60)
    per_second = SOCKETS / (perf_counter() - connected)
    there = await listen(bare.port, "/", SOCKETS)
    cpu: dict[str, list[float]] = {"ours": [], "bare": []}
    delays: dict[str, list[float]] = {"ours": [], "bare": []}
    async with connect(f"ws://127.0.0.1:{bare.port}/say", compression=None) as speaker:
        number = 0

        async def say() -> tuple[int, float]:
            nonlocal number
            number += 1
            begun = perf_counter()
            await speaker.send(TOLD % number)
            return number, begun

        async def commit() -> tuple[int, float]:
            return await asyncio.to_thread(entry_commit, stage.institution_id)

        for _ in range(ROUNDS):
            for name, server, listeners, send in (("ours", ours, here, commit), ("bare", bare, there, say)):
                spent, seen = await burst(server, listeners, send)
                cpu[name].append(spent * 1e6)
                delays[name] += [seconds * 1000 for seconds in seen]
    mine, floor = sorted(cpu["ours"])[ROUNDS // 2], sorted(cpu["bare"])[ROUNDS // 2]
    return [
        row("CPU of one delivery", mine, "µs", baseline=floor, ratio=mine / floor, goal="<= 3.0"),
        row("p99, commit to browser", percentile(delays["ours"], 0.99), "ms",
            baseline=percentile(delays["bare"], 0.99), goal="<= 150"),
        row("p50, commit to browser", percentile(delays["ours"], 0.5), "ms", baseline=percentile(delays["bare"], 0.5)),
        row("sockets authorised and opened", per_second, "per second"),
    ]  # fmt: skip


def measure() -> list[Row]:
    """Run both servers and compare."""
    stage = stage_set()
    with server_running(WEB) as ours, server_running("bench.bare_broadcast") as bare:
        return asyncio.run(compare(stage, ours, bare))


if __name__ == "__main__":
    sys.exit(0 if suite_report("fanout", on_both("bench.fanout", measure)) else 1)
