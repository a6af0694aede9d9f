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
REQUESTS = {"bare": 2000, "wsgi": 800, "asgi": 320, "stock": 320}


@dataclass(slots=True)
class Seen:
    """What one server did: CPU milliseconds per request in each round, delays in milliseconds."""

    cpu: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)


async def client(port: int, path: str, cookie: str, count: int) -> list[float]:
    """Ask ``count`` times on one connection; return the delays in milliseconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    session = f"Cookie: sessionid={cookie}\r\n" if cookie else ""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{session}\r\n".encode()
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
    """Run the servers and compare."""
    cookie = stage_set().cookie
    with (
        server_running("bench.served", OPSPORTAL_HTTP="wsgi") as wsgi,
        server_running("bench.served", OPSPORTAL_HTTP="asgi") as asgi,
        server_running("bench.served", "--what", "stock") as stock,
        server_running("bench.served", "--what", "bare") as bare,
    ):
        servers = {"wsgi": wsgi, "asgi": asgi, "stock": stock, "bare": bare}
        trivial = compare(servers, "/trivial", "")
        personal = compare({"wsgi": wsgi, "asgi": asgi}, "/i/home/personal", cookie)
    cost = {name: median(seen.cpu) for name, seen in trivial.items()}
    mine, page = cost["wsgi"], {name: median(seen.cpu) for name, seen in personal.items()}
    return [
        row("ASGIHandler with Django's 7 middlewares, against our whole chain", mine, "ms CPU",
            baseline=cost["stock"], ratio=cost["stock"] / mine, goal=">= 5.0"),
        row("ASGIHandler with our whole chain, against ours", mine, "ms CPU",
            baseline=cost["asgi"], ratio=cost["asgi"] / mine),
        row("ours, against an empty answer without Django", mine, "ms CPU",
            baseline=cost["bare"], ratio=mine / cost["bare"]),
        row(f"trivial view, p99 of {CLIENTS} clients", percentile(trivial["wsgi"].delays, 0.99), "ms",
            baseline=percentile(trivial["asgi"].delays, 0.99)),
        row("page that asks who is there: ASGIHandler, against ours", page["wsgi"], "ms CPU",
            baseline=page["asgi"], ratio=page["asgi"] / page["wsgi"]),
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(0 if suite_report("serving", on_both("bench.serving", measure)) else 1)
