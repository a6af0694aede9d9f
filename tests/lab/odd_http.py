"""A server that speaks HTTP as oddly as it is told, over real sockets, and the catalogue of oddities seen in the field."""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal, Self

Pieces = tuple[bytes | float, ...]  # bytes are sent, numbers are seconds to wait


class TcpServer:
    """Calls ``serve`` with each connection in a thread of its own. Can go down and come back on the same port."""

    def __init__(
        self,
        serve: Callable[[socket.socket], None],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._serve = serve
        self._tls = tls
        self._closing = threading.Event()
        self._listener = socket.create_server((host, port))
        self._listener.settimeout(0.05)
        self.host, self.port = self._listener.getsockname()[:2]
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening: from now on connections are refused."""
        self._closing.set()
        self._acceptor.join()
        self._listener.close()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            threading.Thread(target=self._handle, args=(connection,), daemon=True).start()

    def _handle(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        with suppress(OSError), connection:
            if self._tls is None:
                self._serve(connection)
                return
            with self._tls.wrap_socket(connection, server_side=True) as secured:
                self._serve(secured)


def request_read(connection: socket.socket) -> bytes:
    """One request with its body; empty when the client hung up."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (chunk := connection.recv(65536)):
            return b""
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        while name.lower() == b"content-length" and len(body) < int(value):
            body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


class HttpLab:
    """An HTTP server whose answers the test sets. Keeps the requests it got."""

    def __init__(self, answer: Callable[[bytes], Pieces] | None = None) -> None:
        self.requests: list[bytes] = []
        self.answer = answer or (lambda _request: (answer_of(b"ok"),))

    def __call__(self, connection: socket.socket) -> None:
        """Serve one request."""
        request = request_read(connection)
        if request:
            self.requests.append(request)
            play(connection, self.answer(request))


def answer_of(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """A plain answer with its length."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def play(connection: socket.socket, pieces: Pieces, end: Literal["close", "reset", "stay"] = "close") -> None:
    """Send ``pieces``, then end the connection as told."""
    for piece in pieces:
        if isinstance(piece, bytes):
            connection.sendall(piece)
        else:
            time.sleep(piece)
    if end == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if end == "stay":
        with suppress(OSError):
            connection.recv(1)  # until the client hangs up


@contextmanager
def http_lab(
    answer: Callable[[bytes], Pieces] | None = None, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> Iterator[tuple[str, HttpLab]]:
    """A lab and its URL."""
    lab = HttpLab(answer)
    with TcpServer(lab, tls=tls, host=host) as server:
        yield f"{'https' if tls else 'http'}://{server.host}:{server.port}", lab


@dataclass(frozen=True)
class Oddity:
    """One odd way to answer. ``status`` and ``body`` are what a good client makes of it; None: it must refuse."""

    name: str
    pieces: Pieces
    status: int | None
    body: bytes = b""
    end: Literal["close", "reset", "stay"] = "close"
    method: str = "GET"
    disputed_by: str = ""  # a well-kept client known to see it otherwise


OK = b"HTTP/1.1 200 OK\r\n"
LONG = b"x" * 300_000
HTTPX, AIOHTTP = "httpx", "aiohttp"

ODDITIES = (
    Oddity("plain", (OK + b"Content-Length: 2\r\n\r\nhi",), 200, b"hi"),
    Oddity("byte by byte", tuple(bytes([byte]) for byte in OK + b"Content-Length: 2\r\n\r\nhi"), 200, b"hi"),
    Oddity("slow drip", (OK, 0.05, b"Content-", 0.05, b"Length: 4\r\n\r\n", 0.05, b"ab", 0.05, b"cd"), 200, b"abcd"),
    Oddity("ended by closing", (OK + b"\r\nuntil ", 0.02, b"the end"), 200, b"until the end"),
    Oddity("HTTP/1.0 ended by closing", (b"HTTP/1.0 200 OK\r\n\r\nold",), 200, b"old"),
    Oddity("ended by closing, nothing in it", (OK + b"\r\n",), 200, b""),
    Oddity("length, then the server stays", (OK + b"Content-Length: 2\r\n\r\nhi",), 200, b"hi", end="stay"),
    Oddity("no reason phrase", (b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi",), 200, b"hi"),
    Oddity("a status nobody knows", (b"HTTP/1.1 799 Odd\r\nContent-Length: 2\r\n\r\nhi",), 799, b"hi"),
    Oddity("chunked", (OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n3\r\n you\r\n0\r\n\r\n",), None),
    Oddity(
        "chunked well", (OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n4\r\n you\r\n0\r\n\r\n",), 200, b"hi you"
    ),
    Oddity(
        "chunked with extensions and trailers",
        (OK + b"Transfer-Encoding: chunked\r\n\r\n2;a=b\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n",),
        200,
        b"hi",
    ),
    Oddity(
        "chunked byte by byte",
        tuple(bytes([byte]) for byte in OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
        200,
        b"hi",
    ),
    Oddity(
        "chunked in one-byte chunks",
        (OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nz\r\n" * 5000 + b"0\r\n\r\n",),
        200,
        b"z" * 5000,
    ),
    Oddity("chunked, capital", (OK + b"TRANSFER-ENCODING: Chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",), 200, b"hi"),
    Oddity("chunked, cut off", (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhi",), None),
    Oddity("chunked, last chunk missing", (OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n",), None),
    Oddity("chunked, size is no number", (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhi\r\n0\r\n\r\n",), None),
    Oddity("chunked, size beyond 64 bits", (OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"F" * 30 + b"\r\nhi",), None),
    Oddity(
        "chunked, spaces after the size",
        (OK + b"Transfer-Encoding: chunked\r\n\r\n2  \r\nhi\r\n0\r\n\r\n",),
        200,
        b"hi",
    ),
    Oddity(
        "chunked and a length",
        (OK + b"Transfer-Encoding: chunked\r\nContent-Length: 99\r\n\r\n2\r\nhi\r\n0\r\n\r\n",),
        200,
        b"hi",
        disputed_by=AIOHTTP,
    ),
    Oddity(
        "a coding we do not know, ended by closing",
        (OK + b"Transfer-Encoding: zip\r\n\r\nhi",),
        200,
        b"hi",
        disputed_by=HTTPX,
    ),
    Oddity("HEAD with a length and no body", (OK + b"Content-Length: 1000\r\n\r\n",), 200, b"", method="HEAD"),
    Oddity("HEAD, chunked", (OK + b"Transfer-Encoding: chunked\r\n\r\n",), 200, b"", method="HEAD"),
    Oddity("HEAD, the server stays", (OK + b"\r\n",), 200, b"", method="HEAD", end="stay"),
    Oddity(
        "HEAD with a body all the same",
        (OK + b"Content-Length: 2\r\n\r\nhi",),
        200,
        b"",
        method="HEAD",
        disputed_by=AIOHTTP,
    ),
    Oddity("204", (b"HTTP/1.1 204 No Content\r\n\r\n",), 204, b"", end="stay"),
    Oddity("204 with a body all the same", (b"HTTP/1.1 204 No Content\r\n\r\nhi",), 204, b"", disputed_by=AIOHTTP),
    Oddity("304 with a length", (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n",), 304, b"", end="stay"),
    Oddity("100 first", (b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 2\r\n\r\nhi",), 200, b"hi"),
    Oddity(
        "103 first, later the answer",
        (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 0.03, OK + b"Content-Length: 2\r\n\r\nhi"),
        200,
        b"hi",
    ),
    Oddity(
        "102 ten times", (b"HTTP/1.1 102 Processing\r\n\r\n" * 10 + OK + b"Content-Length: 2\r\n\r\nhi",), 200, b"hi"
    ),
    Oddity("interim without end", (b"HTTP/1.1 102 Processing\r\n\r\n" * 5000,), None),
    Oddity("only an interim answer", (b"HTTP/1.1 100 Continue\r\n\r\n",), None),
    Oddity("length too long", (OK + b"Content-Length: 5\r\n\r\nhi",), None),
    Oddity("length too short", (OK + b"Content-Length: 2\r\n\r\nhi and more",), 200, b"hi", disputed_by=AIOHTTP),
    Oddity("length negative", (OK + b"Content-Length: -2\r\n\r\nhi",), None),
    Oddity("length no number", (OK + b"Content-Length: two\r\n\r\nhi",), None),
    Oddity("two lengths that differ", (OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi!",), None),
    Oddity("reset before the answer", (), None, end="reset"),
    Oddity("closed before the answer", (), None),
    Oddity("closed in the status line", (b"HTTP/1.1 20",), None),
    Oddity("closed in the headers", (OK + b"Content-Le",), None),
    Oddity("reset in the body", (OK + b"Content-Length: 500\r\n\r\nhi", 0.05), None, end="reset"),
    Oddity("line ends without CR", (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi",), 200, b"hi"),
    Oddity("an empty line first", (b"\r\n" + OK + b"Content-Length: 2\r\n\r\nhi",), 200, b"hi", disputed_by=HTTPX),
    Oddity("a folded header", (OK + b"X-A: one\r\n two\r\nContent-Length: 2\r\n\r\nhi",), 200, b"hi"),
    Oddity(
        "bytes beyond ASCII in a header", (OK + b"X-A: caf\xe9 \xc3\xa9\r\nContent-Length: 2\r\n\r\nhi",), 200, b"hi"
    ),
    Oddity("a control character in a header", (OK + b"X-A: a\x01b\r\nContent-Length: 2\r\n\r\nhi",), 200, b"hi"),
    Oddity("a header without a value", (OK + b"X-A:\r\nContent-Length: 2\r\n\r\nhi",), 200, b"hi"),
    Oddity("a header without a colon", (OK + b"nonsense\r\nContent-Length: 2\r\n\r\nhi",), None),
    Oddity("a space in a header's name", (OK + b"X A: b\r\nContent-Length: 2\r\n\r\nhi",), None),
    Oddity(
        "two hundred headers",
        (OK + b"X-A: b\r\n" * 200 + b"Content-Length: 2\r\n\r\nhi",),
        200,
        b"hi",
        disputed_by=AIOHTTP,
    ),
    Oddity("headers without end", (OK + b"X-A: " + LONG,), None),
    Oddity("a status line without end", (b"HTTP/1.1 200 " + LONG,), None),
    Oddity("trailers without end", (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: y\r\n" * 3_000_000,), None),
    Oddity("a greeting of SSH", (b"SSH-2.0-OpenSSH_9.2p1\r\n",), None),
    Oddity("a greeting of SMTP", (b"220 mail.example ESMTP\r\n",), None),
    Oddity("HTTP/0.9", (b"<html>hi</html>",), None),
    Oddity("HTTP/2 without being asked", (b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64",), None),
    Oddity(
        "HTTP/3.0 in the status line", (b"HTTP/3.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",), None, disputed_by=HTTPX
    ),
    Oddity("random bytes", (bytes(range(256)) * 4,), None),
    Oddity("a TLS alert", (b"\x15\x03\x01\x00\x02\x02\x46",), None),
    Oddity(
        "switching protocols nobody asked for",
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nzzz",),
        101,
        b"",
        disputed_by=HTTPX,
    ),
    Oddity(
        "keep-alive all the same",
        (OK + b"Connection: keep-alive\r\nContent-Length: 2\r\n\r\nhi",),
        200,
        b"hi",
        end="stay",
    ),
    Oddity("a second answer behind the first", (OK + b"Content-Length: 2\r\n\r\nhi" + OK + b"\r\n",), 200, b"hi"),
    Oddity("half a megabyte", (OK + b"Content-Length: 600000\r\n\r\n" + LONG + LONG,), 200, LONG + LONG),
)
