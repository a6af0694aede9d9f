"""The few words with which mail servers are asked to go on in TLS."""

import asyncio
import ssl
from collections.abc import Mapping

from scenarios.net import Net

# (what to say, how the last line of the good answer begins); the first pair is the greeting, nothing is said
Talk = tuple[tuple[bytes, bytes], ...]
TALKS: Mapping[str, Talk] = {
    "smtp": ((b"", b"220 "), (b"EHLO opsportal\r\n", b"250 "), (b"STARTTLS\r\n", b"220 ")),  # RFC 3207
    "imap": ((b"", b"* OK"), (b"a STARTTLS\r\n", b"a OK")),  # RFC 9051
    "pop3": ((b"", b"+OK"), (b"STLS\r\n", b"+OK")),  # RFC 2595
}
LINES = 100


class StartTlsError(Exception):
    """The server does not offer TLS, or does not speak the protocol; the text says what it said."""


async def tls_started(
    net: Net, host: str, port: int, protocol: str, *, tls: ssl.SSLContext, name: str, seconds: float
) -> asyncio.Transport:
    """Connect in the clear, ask for TLS in ``protocol`` (a key of TALKS), and return the secured connection.

    Raises StartTlsError, and what ``Net.connect`` and a TLS handshake raise. The caller keeps the time, which is ``seconds``.
    """
    reader = asyncio.StreamReader(limit=4096)
    connection = await net.connect(lambda: asyncio.StreamReaderProtocol(reader), host, port, seconds=seconds)
    try:
        for words, good in TALKS[protocol]:
            connection.transport.write(words)
            await _agreed(reader, good)
        loop = asyncio.get_running_loop()
        secured = await loop.start_tls(connection.transport, connection.protocol, tls, server_hostname=name)
    except BaseException:
        connection.transport.abort()
        raise
    if secured is None:
        raise ConnectionResetError("hung up during the TLS handshake")
    return secured


async def _agreed(reader: asyncio.StreamReader, good: bytes) -> None:
    for _ in range(LINES):
        try:
            line = await reader.readline()
        except ValueError as error:
            raise StartTlsError("a line without end") from error
        if line.startswith(good):
            return
        if not line:
            raise ConnectionResetError("hung up before TLS")
        if not line.startswith((good[:3] + b"-", b"*")):
            raise StartTlsError(line.decode("utf-8", "replace").strip()[:100])
    raise StartTlsError("lines without end")
