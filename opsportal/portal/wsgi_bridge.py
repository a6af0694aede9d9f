"""Django's WSGI handler inside the ASGI server, in one thread hop per request.

Django's own ASGI handler changes threads for every synchronous middleware and signal, which
costs several times the CPU of the request itself (``bench/serving.py`` measures it). Here the
body is read on the event loop, one thread runs the whole request, and the finished response
goes back at once. Answers that stream are read by threads of their own, so that slow readers
of exports do not take the threads of the pages.
"""

import asyncio
import sys
from collections.abc import Callable
from contextvars import Context, copy_context
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.core.handlers.wsgi import WSGIHandler
from django.db import close_old_connections
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase

from opsportal.portal.asgi_types import Receive, Scope, Send
from opsportal.portal.threads import Threads

SPOOLED_BYTES = 512 * 1024  # a larger request body goes to a temporary file
FILE_BYTES = 2 * 1024 * 1024  # a file up to this size is read at once, and leaves its thread
BLOCK_BYTES = 64 * 1024
STREAM_THREADS = 4


class WsgiBridge:
    """An ASGI application that answers HTTP through a Django WSGI handler."""

    def __init__(self, handler: WSGIHandler, *, threads: int) -> None:
        self._handler = handler
        self._threads = Threads(threads, name="http")
        self._streams = Threads(STREAM_THREADS, name="stream")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        body, length = await _body_read(scope, receive)
        with body:
            if length is None:  # the client left before it had said everything
                return
            environ = _environ_build(scope, body, length)
            context = copy_context()
            answer: Answer = await self._threads.run(context.run, self._answer, environ)
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        if answer.stream is None:
            await send({"type": "http.response.body", "body": answer.body})
        else:
            await self._stream(answer.stream, context, receive, send)

    def close(self) -> None:
        """Let the threads end; requests that run are not waited for."""
        self._threads.close()
        self._streams.close()

    def _answer(self, environ: dict[str, Any]) -> "Answer":
        answer = Answer()
        response = self._handler(environ, answer.start)
        if isinstance(response, HttpResponse):
            answer.body = response.content
        elif _is_small_file(response):
            answer.body = b"".join(response)
        else:
            answer.stream = response
            close_old_connections()  # the stream is read, and its connection opened, by another thread
            return answer
        response.close()
        return answer

    async def _stream(self, response: HttpResponseBase, context: Context, receive: Receive, send: Send) -> None:
        """Read ``response`` in a thread at the pace of the client, and stop when the client leaves."""
        loop = asyncio.get_running_loop()
        gone = asyncio.ensure_future(_disconnected(receive))

        async def deliver(block: bytes) -> None:
            await send({"type": "http.response.body", "body": block, "more_body": True})

        def pump() -> None:
            try:
                for block in response:
                    if gone.done():
                        return
                    asyncio.run_coroutine_threadsafe(deliver(block), loop).result()
            finally:
                response.close()

        try:
            await self._streams.run(context.run, pump)
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()


class Answer:
    """A response on its way from the thread to the event loop."""

    __slots__ = ("body", "headers", "status", "stream")

    def __init__(self) -> None:
        self.status = 500
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.stream: HttpResponseBase | None = None

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: object = None, /) -> Callable[[bytes], None]:
        """Take the status line and the headers from the handler."""
        self.status = int(status[:3])
        self.headers = [(name.lower().encode("ascii"), value.strip().encode("latin-1")) for name, value in headers]
        return _write_refused


def _write_refused(body: bytes) -> None:
    """PEP 3333 offers it to old applications; Django returns its body."""
    raise RuntimeError("the handler must return the body")


def _is_small_file(response: HttpResponseBase) -> bool:
    if not isinstance(response, FileResponse):
        return False
    response.block_size = BLOCK_BYTES
    return int(response.headers.get("Content-Length", FILE_BYTES + 1)) <= FILE_BYTES


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _body_read(scope: Scope, receive: Receive) -> tuple[IO[bytes], int | None]:
    """Return the request's body and its length; no length when the client left before the end."""
    names = {name for name, _ in scope["headers"]}
    if b"content-length" not in names and b"transfer-encoding" not in names:
        return BytesIO(), 0
    body = SpooledTemporaryFile(max_size=SPOOLED_BYTES)  # noqa: SIM115  the caller closes it
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return body, None
        body.write(message.get("body", b""))
        if not message.get("more_body", False):
            break
    length = body.tell()
    body.seek(0)
    return body, length


def _environ_build(scope: Scope, body: IO[bytes], length: int) -> dict[str, Any]:
    """Return the request as PEP 3333 asks: text is bytes decoded as ISO-8859-1."""
    root: str = scope.get("root_path", "")
    server, port = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": _wsgi_text(root),
        "PATH_INFO": _wsgi_text(scope["path"].removeprefix(root)),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server,
        "SERVER_PORT": str(port or 0),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if scope.get("client"):
        host, port = scope["client"]
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = host, str(port)
    for raw_name, raw_value in scope["headers"]:
        if b"_" in raw_name:  # it would pass for the same name with hyphens
            continue
        name = _variable(raw_name)
        value = raw_value.decode("latin-1")
        if name in environ:
            value = environ[name] + ("; " if name == "HTTP_COOKIE" else ",") + value
        environ[name] = value
    if length or "CONTENT_LENGTH" in environ:
        environ["CONTENT_LENGTH"] = str(length)
    return environ


def _wsgi_text(text: str) -> str:
    return text.encode().decode("latin-1")


def _variable(name: bytes) -> str:
    if name in {b"content-length", b"content-type"}:
        return name.decode().upper().replace("-", "_")
    return "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
