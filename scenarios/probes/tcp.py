"""A TCP port that must accept, and perhaps greet."""

import asyncio
from collections.abc import Mapping
from time import monotonic
from typing import Any, ClassVar

from scenarios.egress import EgressError, HostError, host_parse
from scenarios.net import ResolveError
from scenarios.probes.base import CheckSpec, JsonSchema, Look, Measure, Probe, ProbeContext
from scenarios.probes.conditions import judge, rules_of
from scenarios.probes.failures import look_failed

BANNER_BYTES = 1024


class TcpProbe(Probe):
    """Connects. Reads the first line only when a condition asks for ``banner``; then silence is down (``timeout``)."""

    kind: ClassVar[str] = "tcp"
    SCHEMA: ClassVar[JsonSchema] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["host", "port"],
        "properties": {
            "host": {"type": "string", "minLength": 1, "maxLength": 253},
            "port": {"type": "integer", "minimum": 1, "maximum": 65535},
            "send": {"type": "string", "maxLength": 1000, "writeOnly": True, "description": "What to say first."},
        },
    }
    MEASURES: ClassVar[tuple[Measure, ...]] = (
        Measure("connect_ms", "number", "Until the connection stood."),
        Measure("dns_ms", "number", "Until the name was resolved."),
        Measure("banner", "text", "The first line it says."),
        Measure("latency_ms", "number", "All of it."),
    )

    def param_problems(self, params: Mapping[str, Any]) -> list[str]:
        """A host in its proper spelling."""
        return host_problems(params)

    async def look(self, check: CheckSpec, context: ProbeContext) -> Look:
        """Connect, listen if asked to, hang up."""
        started = monotonic()
        measured: dict[str, Any] = {}
        try:
            async with asyncio.timeout(check.timeout_seconds):
                await _measure(check, context, measured)
        except (OSError, EgressError, ResolveError) as error:
            said = TimeoutError("connected, then silence") if measured and isinstance(error, TimeoutError) else error
            return look_failed(check, said, started, **measured)
        now = monotonic()
        measured["latency_ms"] = (now - started) * 1000
        return judge(check, measured, started=started, now=now, show=("connect_ms",))


async def _measure(check: CheckSpec, context: ProbeContext, measured: dict[str, Any]) -> None:
    params = check.opened
    listens = "banner" in rules_of(check).measures
    factory: type[asyncio.Protocol] = _Listener if listens else asyncio.Protocol
    host, port = params["host"], params["port"]
    connection = await context.net.connect(factory, host, port, seconds=check.timeout_seconds)
    try:
        measured["dns_ms"] = round(connection.dns_seconds * 1000, 3)
        measured["connect_ms"] = round(connection.connect_seconds * 1000, 3)
        if isinstance(connection.protocol, _Listener):
            connection.transport.write(params.get("send", "").encode())
            measured["banner"] = await connection.protocol.line
    finally:
        connection.transport.abort()


class _Listener(asyncio.Protocol):
    """Waits for one line."""

    def __init__(self) -> None:
        self.line: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._heard = b""

    def data_received(self, data: bytes) -> None:
        self._heard += data
        if b"\n" in self._heard or len(self._heard) >= BANNER_BYTES:
            self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._heard:
            self._end()
        elif not self.line.done():
            self.line.set_exception(exc or ConnectionResetError("hung up without a word"))
            self.line.exception()  # seen, even when nobody listens for the line

    def _end(self) -> None:
        if not self.line.done():
            line = self._heard.partition(b"\n")[0][:BANNER_BYTES]
            self.line.set_result(line.decode("utf-8", "replace").rstrip("\r"))


def host_problems(params: Mapping[str, Any]) -> list[str]:
    """What is wrong with the spelling of ``host``, in words."""
    try:
        host_parse(params["host"])
    except HostError as error:
        return [f"host: {error}"]
    return []


PROBE = TcpProbe()
