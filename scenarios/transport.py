"""HTTP/1.1 for looking: one request on one fresh connection, to an address that the guard allowed.

An ``httpx`` transport, so ``httpx`` stays the client's vocabulary; docs/adr tells what it buys over the stock ones. It
does less than they do, on purpose: no pool, no keep-alive, no proxies, no HTTP/2, no retries, no cookies. The whole
answer is read before it is returned, never more of it than the limits below, and the connection is thrown away.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from time import monotonic

import httptools
import httpx

from scenarios.egress import EgressError
from scenarios.net import Connection, Net, ResolveError
from scenarios.tls import tls_context

BODY_LIMIT = 1 << 20
HEAD_LIMIT = 1 << 16
INTERIM_LIMIT = 20
TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
FORBIDDEN_IN_VALUE = re.compile(rb"[\x00\r\n]")


@dataclass(frozen=True, slots=True)
class Times:
    """Where the time of one exchange went, in milliseconds. ``connect`` holds the TLS handshake."""

    dns: float
    connect: float
    first_byte: float  # from the request's last byte to the answer's first
    total: float


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends requests where ``net`` lets it.

    Understands these request extensions: ``timeout`` (``connect`` and ``read`` as httpx has them, where ``read`` bounds
    the whole answer; or ``total`` for everything together), ``tls`` (an SSLContext), ``sni_hostname``, ``body_limit`` (bytes), ``wire`` (what ``wire_of``
    made earlier, for requests that are sent again and again). Gives these response extensions: ``times``,
    ``truncated`` (the body was longer than the limit), ``address``, ``raw`` (the body as it was sent). Raises ``httpx`` errors; ``__cause__`` is the real one.
    """

    def __init__(self, net: Net) -> None:
        self._net = net

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One exchange; the returned response holds its body."""
        extensions = request.extensions
        wire = extensions.get("wire") or wire_of(request, await request.aread())
        timeout = extensions.get("timeout") or {}
        connect, read, total = (timeout.get(name) for name in ("connect", "read", "total"))
        started = monotonic()
        exchange: Exchange | None = None
        try:
            async with asyncio.timeout(total or connect) as limit:
                connection = await self._connected(request, total or connect)
                exchange = connection.protocol
                sent = monotonic()
                if not total:
                    limit.reschedule(read and asyncio.get_running_loop().time() + read)
                connection.transport.write(wire)
                try:
                    await exchange.done
                finally:
                    connection.transport.abort()
        except TimeoutError as error:
            raise _late(exchange, request) from error
        except (EgressError, ResolveError, OSError, httptools.HttpParserError) as error:
            raise _broken(exchange, error, request) from error
        times = Times(
            connection.dns_seconds * 1000,
            connection.connect_seconds * 1000,
            (exchange.first_byte_at - sent) * 1000,
            (monotonic() - started) * 1000,
        )
        found = {"times": times, "truncated": exchange.is_truncated, "address": connection.address}
        return httpx.Response(
            exchange.status,
            headers=exchange.headers,
            stream=_Body(exchange.body),
            request=request,
            extensions={**found, "raw": b"".join(exchange.body)},
        )

    async def _connected(self, request: httpx.Request, seconds: float | None) -> Connection["Exchange"]:
        extensions, url = request.extensions, request.url
        limit = extensions.get("body_limit", BODY_LIMIT)
        is_tls = url.scheme == "https"
        return await self._net.connect(
            lambda: Exchange(request.method, limit),
            url.raw_host.decode("ascii"),
            url.port or (443 if is_tls else 80),
            tls=(extensions.get("tls") or tls_context()) if is_tls else None,
            tls_name=extensions.get("sni_hostname"),
            seconds=seconds,
        )


def wire_of(request: httpx.Request, body: bytes) -> bytes:
    """The bytes of ``request`` as they are sent. Raises httpx.LocalProtocolError for what could break out of a line."""
    lines = [b"%b %b HTTP/1.1" % (request.method.encode("ascii"), request.url.raw_path)]
    for name, value in request.headers.raw:
        if not TOKEN.match(name) or FORBIDDEN_IN_VALUE.search(value):
            raise httpx.LocalProtocolError(f"header {name!r} cannot be sent", request=request)
        if name.lower() not in {b"connection", b"transfer-encoding", b"content-length"}:
            lines.append(b"%b: %b" % (name, value))
    if body or request.method in {"POST", "PUT", "PATCH"}:
        lines.append(b"Content-Length: %d" % len(body))
    lines.append(b"Connection: close\r\n\r\n")
    return b"\r\n".join(lines) + body


def _late(exchange: "Exchange | None", request: httpx.Request) -> httpx.TimeoutException:
    if exchange is None:
        return httpx.ConnectTimeout("no connection in time", request=request)
    return httpx.ReadTimeout(exchange.progress(), request=request)


def _broken(exchange: "Exchange | None", error: Exception, request: httpx.Request) -> httpx.TransportError:
    if exchange is None:
        return httpx.ConnectError(str(error), request=request)
    kind = httpx.ReadError if isinstance(error, OSError) else httpx.RemoteProtocolError
    return kind(str(error), request=request)


class _Body(httpx.AsyncByteStream):
    """A body that has already arrived."""

    def __init__(self, chunks: list[bytes]) -> None:
        self._chunks = chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk


class Exchange(asyncio.Protocol):
    """Reads one answer. ``done`` ends when it is whole, or with what went wrong."""

    __slots__ = (
        "_interim", "_is_head_over", "_is_head_request", "_limit", "_parser", "_received", "_room", "body", "done",
        "first_byte_at", "headers", "is_truncated", "status",
    )  # fmt: skip

    def __init__(self, method: str, body_limit: int) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.body: list[bytes] = []
        self.first_byte_at = 0.0
        self.is_truncated = False
        self._is_head_request = method == "HEAD"
        self._is_head_over = False
        self._interim = 0
        self._room = body_limit
        self._limit = HEAD_LIMIT + 8 * body_limit  # chunks of one byte come as six
        self._received = 0
        self._parser = httptools.HttpResponseParser(self)
        # A browser and a proxy would take these, so its users do not suffer from them and neither must a check.
        self._parser.set_dangerous_leniencies(
            lenient_headers=True,
            lenient_chunked_length=True,
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
        )

    def progress(self) -> str:
        """How far the answer came, in words."""
        if not self.first_byte_at:
            return "connected, then no answer"
        return (
            f"the answer did not end: {sum(map(len, self.body))} bytes of the body came"
            if self._is_head_over
            else ("the answer's headers did not end")
        )

    def data_received(self, data: bytes) -> None:
        """Feed the parser, within the limits."""
        if self.done.done():
            return
        if not self.first_byte_at:
            self.first_byte_at = monotonic()
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._finish()
        except httptools.HttpParserError as error:
            self._fail(error)
        if self._received > (self._limit if self._is_head_over else HEAD_LIMIT):
            self._fail(httptools.HttpParserError("the answer's headers or framing are too large"))

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; after the body, a trailer, which nobody asks for."""
        if not self._is_head_over:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is over, unless it was that of an interim answer."""
        self.status = self._parser.get_status_code()
        if self.status >= 200 or self.status == 101:
            self._is_head_over = True
            if self._is_head_request:
                self._finish()

    def on_body(self, data: bytes) -> None:
        """Keep the part of the body that there is room for."""
        if self.done.done():
            return
        self.body.append(data[: self._room])
        self._room -= len(data)
        if self._room < 0:
            self.is_truncated = True
            self._finish()

    def on_message_complete(self) -> None:
        """The answer is whole; or it was an interim one (1xx), and the real one follows."""
        if self._is_head_over:
            self._finish()
            return
        self.headers.clear()
        self._interim += 1
        if self._interim > INTERIM_LIMIT:
            self._fail(httptools.HttpParserError("interim answers without end"))

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side hung up: that is how some bodies end, and how some answers break off."""
        if self.done.done():
            return
        if exc is None and self._is_head_over and self._ends_by_closing():
            self._finish()
        else:
            self._fail(exc or ConnectionResetError("hung up before the answer was whole"))

    def _ends_by_closing(self) -> bool:
        headers = httpx.Headers(self.headers)
        if coding := headers.get("transfer-encoding"):
            return not coding.lower().rstrip().endswith("chunked")
        return "content-length" not in headers

    def _finish(self) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def _fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)
