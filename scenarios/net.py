"""Connections that go where the guard said, and nowhere else: resolve once, check every address, connect to one."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Generic, TypeVar

from scenarios.egress import CONFIGURED, Address, EgressPolicy, HostError, host_parse
from scenarios.threads import BusyError, in_thread

RESOLVE_SHARE = 0.8

P = TypeVar("P", bound=asyncio.BaseProtocol)


class ResolveError(Exception):
    """The name did not resolve. ``is_answer``: the resolver said so, as against could not say."""

    def __init__(self, host: str, *, is_answer: bool) -> None:
        super().__init__(f"{host}: {'no such name' if is_answer else 'the resolver could not answer'}")
        self.is_answer = is_answer


@dataclass(frozen=True, slots=True)
class Connection(Generic[P]):
    """An open connection to a checked address, and how long its making took."""

    transport: asyncio.Transport
    protocol: P
    address: Address
    dns_seconds: float
    connect_seconds: float  # with the TLS handshake, if there is one


class Net:
    """The way out of one round of looks. Names are resolved once per round, however many checks share them."""

    def __init__(self, policy: EgressPolicy = CONFIGURED) -> None:
        self.policy = policy
        self._names: dict[str, asyncio.Task[list[Address]]] = {}

    async def addresses(self, host: str, *, seconds: float | None = None) -> list[Address]:
        """Every address of ``host``, all of them allowed; one forbidden address among several forbids the host.

        ``seconds`` is what the caller has for all it wants to do. Raises EgressError, or ResolveError when the name
        does not resolve, or not in most of that time: so that a resolver that hangs is not taken for a dead target.
        """
        parsed = host_parse(host)
        if not isinstance(parsed, str):
            self.policy.check(parsed)
            return [parsed]
        if parsed not in self._names:
            self._names[parsed] = task = asyncio.create_task(_resolved(parsed))
            task.add_done_callback(_seen)
        try:
            async with asyncio.timeout(seconds and seconds * RESOLVE_SHARE):
                addresses = await asyncio.shield(self._names[parsed])
        except TimeoutError as error:
            raise ResolveError(parsed, is_answer=False) from error
        for address in addresses:
            self.policy.check(address)
        return addresses

    async def connect(
        self,
        factory: Callable[[], P],
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None = None,
        tls_name: str | None = None,
        seconds: float | None = None,
    ) -> Connection[P]:
        """Connect to ``host``: its addresses in the resolver's order until one accepts.

        With ``tls``, the certificate must be for ``tls_name``, which is ``host`` unless given. The caller keeps the
        time; ``seconds`` says how much that is, for the resolver. Raises EgressError, ResolveError, or the OSError of the last address tried.
        """
        if not 0 < port < 65536:
            raise HostError(f"{port} is not a port")
        started = monotonic()
        addresses = await self.addresses(host, seconds=seconds)
        resolved = monotonic()
        loop = asyncio.get_running_loop()
        name = (tls_name or host) if tls else None
        for address in addresses:
            try:
                transport, protocol = await loop.create_connection(
                    factory, str(address), port, ssl=tls, server_hostname=name
                )
            except OSError:
                if address == addresses[-1]:
                    raise
                continue
            return Connection(transport, protocol, address, resolved - started, monotonic() - resolved)
        raise ResolveError(host, is_answer=True)  # a resolver that answers with nothing


async def _resolved(name: str) -> list[Address]:
    try:
        found = await in_thread(("resolve", name), lambda: socket.getaddrinfo(name, None, type=socket.SOCK_STREAM))
    except BusyError as error:
        raise ResolveError(name, is_answer=False) from error
    except socket.gaierror as error:
        is_answer = error.errno in {socket.EAI_NONAME, socket.EAI_NODATA}
        raise ResolveError(name, is_answer=is_answer) from error
    return list(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))


def _seen(task: "asyncio.Task[list[Address]]") -> None:
    """Take note of a failure even when every check that waited for it has gone."""
    if not task.cancelled():
        task.exception()
