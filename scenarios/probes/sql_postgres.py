"""Ask PostgreSQL so that it refuses to write, whatever the query says.

The query becomes the body of a cursor, sent by the extended protocol: the grammar admits one SELECT or VALUES and
nothing behind it. The transaction is read-only from its first statement, after which PostgreSQL no longer lets it
change its mind, and it is always rolled back. The server itself breaks off what takes too long.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from scenarios.egress import HostError
from scenarios.models import ProbeState
from scenarios.net import Net
from scenarios.probes.base import Reason
from scenarios.probes.sql_answer import ROWS, Answer, SqlError

Target = Mapping[str, Any]
# SQLSTATE or its class, the longest match first -> whose fault it is
STATES: Mapping[str, tuple[ProbeState, Reason]] = {
    "57014": (ProbeState.DOWN, Reason.TIMEOUT),  # cancelled by statement_timeout
    "55P03": (ProbeState.UNKNOWN, Reason.TIMEOUT),  # somebody holds a lock on what we read
    "42501": (ProbeState.UNKNOWN, Reason.PERMISSION),
    "28": (ProbeState.UNKNOWN, Reason.UNAUTHORIZED),
    "08": (ProbeState.DOWN, Reason.CLOSED),
    "53": (ProbeState.DOWN, Reason.REFUSED),  # no room, no memory, too many connections
    "57": (ProbeState.DOWN, Reason.CLOSED),  # shutting down, starting up
    "58": (ProbeState.DOWN, Reason.BAD_ANSWER),  # its own files fail it
    "XX": (ProbeState.DOWN, Reason.BAD_ANSWER),  # it found its data damaged
}
# How a refused connection reads: libpq passes on only the server's words.
WORDS: tuple[tuple[str, tuple[ProbeState, Reason]], ...] = (
    ("too many", (ProbeState.DOWN, Reason.REFUSED)),
    ("remaining connection slots", (ProbeState.DOWN, Reason.REFUSED)),
    ("starting up", (ProbeState.DOWN, Reason.REFUSED)),
    ("shutting down", (ProbeState.DOWN, Reason.REFUSED)),
    ("not accepting connections", (ProbeState.DOWN, Reason.REFUSED)),
    ("connection refused", (ProbeState.DOWN, Reason.REFUSED)),
    ("closed the connection", (ProbeState.DOWN, Reason.CLOSED)),
    ("timeout", (ProbeState.DOWN, Reason.TIMEOUT)),
    ("certificate", (ProbeState.DOWN, Reason.TLS_FAILED)),
    ("no such file", (ProbeState.DOWN, Reason.REFUSED)),  # a socket nobody made
    ("authentication", (ProbeState.UNKNOWN, Reason.UNAUTHORIZED)),
    ("pg_hba", (ProbeState.UNKNOWN, Reason.UNAUTHORIZED)),
    ("role", (ProbeState.UNKNOWN, Reason.UNAUTHORIZED)),
    ("no password", (ProbeState.UNKNOWN, Reason.UNAUTHORIZED)),
)


async def postgres_target(dsn: str, net: Net, *, seconds: float) -> Target:
    """The connection parameters, with the host resolved and checked by the guard.

    Raises SqlError for a DSN that cannot be read or names several hosts, EgressError, ResolveError.
    """
    try:
        parameters = conninfo_to_dict(dsn)
    except psycopg.Error as error:
        raise SqlError("the DSN cannot be read", ProbeState.UNKNOWN, Reason.MISCONFIGURED) from error
    host = str(parameters.get("host") or "")
    if host.startswith("/"):
        return parameters
    if "," in host:
        raise SqlError("the DSN names several hosts", ProbeState.UNKNOWN, Reason.MISCONFIGURED)
    if given := parameters.get("hostaddr"):
        try:
            net.policy.check(ip_address(str(given)))
        except ValueError as error:
            raise HostError(f"{given!r} is not an address") from error
        return parameters
    if not host:
        return parameters
    addresses = [str(address) for address in await net.addresses(host, seconds=seconds)]
    # libpq tries them in turn, and wants a host (for the certificate's name) beside each
    return {**parameters, "hostaddr": ",".join(addresses), "host": ",".join([host] * len(addresses))}


def postgres_asked(target: Target, query: str, *, seconds: float) -> Answer:
    """Ask the server; raises SqlError. Blocks about ``seconds``, longer only when the network swallows everything."""
    patience = {
        "connect_timeout": max(2, round(seconds)),  # libpq knows no less than 2 s
        "tcp_user_timeout": round(seconds * 1000) + 1000,
        "application_name": "opsportal look",
    }
    try:
        with psycopg.connect(**{**target, **patience}) as connection:
            connection.read_only = True
            answer = _answer(connection, query, milliseconds=round(seconds * 1000))
            connection.rollback()
            return answer
    except psycopg.Error as error:
        raise _explained(error) from error


def _answer(connection: psycopg.Connection[tuple[Any, ...]], query: str, *, milliseconds: int) -> Answer:
    connection.execute(
        "SELECT set_config('statement_timeout', %s, true), set_config('lock_timeout', %s, true)",
        [str(milliseconds), str(milliseconds)],
    )
    connection.execute(f"DECLARE look NO SCROLL CURSOR FOR {query}".encode(), prepare=True)
    cursor = connection.execute(f"FETCH {ROWS} FROM look".encode())
    return Answer([column.name for column in cursor.description or ()], cursor.fetchall())


def _explained(error: psycopg.Error) -> SqlError:
    text = str(error)
    if code := error.sqlstate:
        known = STATES.get(code) or STATES.get(code[:2])
        return SqlError(text, *(known or (ProbeState.UNKNOWN, Reason.MISCONFIGURED)))
    said = text.lower()
    known = next((verdict for words, verdict in WORDS if words in said), None)
    return SqlError(text, *(known or (ProbeState.UNKNOWN, Reason.MISCONFIGURED)))
