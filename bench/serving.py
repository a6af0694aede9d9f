"""A request through the whole middleware: our thread bridge against Django's own ASGI handler.

The same server, settings and view; CPU of the server process per request. The floor is an ASGI
application that answers at once.
"""

import asyncio
import sys
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter

from bench.live_lab import stage_set
from bench.report import Row, percentile, row, suite_report
from bench.scratch import on_both
from bench.server import Server, server_running

CLIENTS = 8
ROUNDS = 5
REQUESTS = {"bare": 2000, "wsgi": 800, "asgi": 320}


@dataclass(slots=True)
class Seen:
    """What one server did: CPU milliseconds per request in each round, delays in milliseconds."""

    cpu: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)


async def client(port: int, path: str, cookie: str, count: int) -> list[float]:
    """Ask ``count`` times on one connection; return the delays in milliseconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: sessionid={cookie}\r\n\r\n".encode()
    delays = []
    for _ in range(count):
        begun = perf_counter()
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        assert head.startswith(b"http/1.1 200 "), head
        length = next(line for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        delays.append((perf_counter() - begun) * 1000)
    writer.close()
    return delays


async def ask(server: Server, path: str, cookie: str, count: int) -> list[float]:
    """Ask from CLIENTS connections at once."""
    answers = [client(server.port, path, cookie, count // CLIENTS) for _ in range(CLIENTS)]
    return [delay for delays in await asyncio.gather(*answers) for delay in delays]


def compare(servers: dict[str, Server], path: str, cookie: str) -> dict[str, Seen]:
    """Ask all servers in turns."""
    seen = {name: Seen() for name in servers}
    for name, server in servers.items():
        asyncio.run(ask(server, path, cookie, REQUESTS[name] // 2))
    for _ in range(ROUNDS):
        for name, server in servers.items():
            begun = server.cpu_seconds
            delays = asyncio.run(ask(server, path, cookie, REQUESTS[name]))
            seen[name].cpu.append((server.cpu_seconds - begun) / len(delays) * 1000)
            seen[name].delays += delays
    return seen


def measure() -> list[Row]:
    """Run the three servers and compare."""
    cookie = stage_set().cookie
    rows = []
    with (
        server_running("bench.served", OPSPORTAL_HTTP="wsgi") as wsgi,
        server_running("bench.served", OPSPORTAL_HTTP="asgi") as asgi,
        server_running("bench.served", "--bare") as bare,
    ):
        for view, path in (("trivial view", "/trivial"), ("page of a person", "/i/home/personal")):
            seen = compare({"wsgi": wsgi, "asgi": asgi, "bare": bare}, path, cookie)
            mine, stock, floor = (median(seen[name].cpu) for name in ("wsgi", "asgi", "bare"))
            goal = ">= 5.0" if view == "trivial view" else ""
            rows += [
                row(f"{view}: ASGIHandler's CPU over ours", mine, "ms", baseline=stock, ratio=stock / mine, goal=goal),
                row(f"{view}: our CPU over an empty answer's", mine, "ms", baseline=floor, ratio=mine / floor),
                row(
                    f"{view}: p99 of {CLIENTS} clients",
                    percentile(seen["wsgi"].delays, 0.99),
                    "ms",
                    baseline=percentile(seen["asgi"].delays, 0.99),
                ),
            ]
    return rows


if __name__ == "__main__":
    sys.exit(0 if suite_report("serving", on_both("bench.serving", measure)) else 1)
