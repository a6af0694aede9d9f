"""Many websocket clients in one process: raw asyncio, so that the server and not they are the limit."""

import asyncio
import base64
import os
import re
from collections.abc import Sequence
from time import perf_counter

CONNECT_AT_ONCE = 50
PING, PONG = 9, 10
MASK = b"mask"
_SEQ = re.compile(rb'"seq":(\d+)')


class Listener(asyncio.Protocol):
    """One client: notes when which seq arrived."""

    def __init__(self, request: bytes) -> None:
        self.arrivals: dict[int, float] = {}
        self.is_open = asyncio.get_running_loop().create_future()
        self._request = request
        self._unread = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the socket."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Note the time of every event in ``data``; answer pings, or the server would hang up."""
        now = perf_counter()
        self._unread += data
        if not self.is_open.done():
            head, _, self._unread = self._unread.partition(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 101"):
                self.is_open.set_exception(ConnectionRefusedError(head[:80]))
                return
            self.is_open.set_result(None)
        while frame := self._frame():
            opcode, payload = frame
            if opcode == PING:
                masked = bytes(byte ^ mask for byte, mask in zip(payload, MASK, strict=True))
                self._transport.write(bytes([0x80 | PONG, 0x80 | len(payload)]) + MASK + masked)
            for seq in _SEQ.findall(payload):
                self.arrivals.setdefault(int(seq), now)

    def _frame(self) -> tuple[int, bytes] | None:
        """Take a whole frame off what has come; they are unmasked, unfragmented and shorter than 64 KiB."""
        if len(self._unread) < 4:
            return None
        length, start = self._unread[1], 2
        if length == 126:
            length, start = int.from_bytes(self._unread[2:4], "big"), 4
        if len(self._unread) < start + length:
            return None
        opcode, payload = self._unread[0] & 15, self._unread[start : start + length]
        self._unread = self._unread[start + length :]
        return opcode, payload

    def close(self) -> None:
        """Leave."""
        self._transport.abort()


async def listen(port: int, path: str, count: int, *, cookie: str = "") -> list[Listener]:
    """Open ``count`` sockets, some at a time."""
    loop = asyncio.get_running_loop()
    gate = asyncio.Semaphore(CONNECT_AT_ONCE)
    key = base64.b64encode(os.urandom(16)).decode()
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
        f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {key}\r\nCookie: sessionid={cookie}\r\n\r\n"
    ).encode()

    async def one() -> Listener:
        async with gate:
            _, listener = await loop.create_connection(lambda: Listener(request), "127.0.0.1", port)
            await listener.is_open
            return listener

    return await asyncio.gather(*(one() for _ in range(count)))


async def all_have(listeners: Sequence[Listener], seq: int, *, seconds: float = 20) -> None:
    """Wait until ``seq`` has arrived everywhere; raise TimeoutError."""
    async with asyncio.timeout(seconds):
        while not all(seq in listener.arrivals for listener in listeners):
            await asyncio.sleep(0.005)
