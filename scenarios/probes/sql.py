"""One SELECT against a database that the configuration names, and a threshold on what it says.

The connection refuses to write, whatever the statement is: see ``sql_sqlite`` and ``sql_postgres``. Give it an account
that may do no more than read; a function with effects outside the database is beyond what any connection can refuse.
"""

import asyncio
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from time import monotonic
from typing import Any, ClassVar
from urllib.parse import urlsplit

from scenarios.egress import EgressError
from scenarios.models import ProbeState
from scenarios.net import ResolveError
from scenarios.probes.base import CheckSpec, JsonSchema, Look, Measure, Probe, ProbeContext, Reason
from scenarios.probes.conditions import ABSENT, judge, rules_of, shown
from scenarios.probes.failures import look_failed
from scenarios.probes.sql_answer import Answer, SqlError
from scenarios.probes.sql_postgres import postgres_asked, postgres_target
from scenarios.probes.sql_sqlite import sqlite_asked, sqlite_path
from scenarios.threads import BusyError, in_thread


class SqlProbe(Probe):
    """Asks in a thread. What the query cannot ask (no such table, no right to read) is unknown, not down."""

    kind: ClassVar[str] = "sql"
    SCHEMA: ClassVar[JsonSchema] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["database", "query"],
        "properties": {
            "database": {
                "type": "string",
                "pattern": "^[a-z][a-z0-9_]*$",
                "description": "Its name in the configuration.",
            },
            "query": {"type": "string", "minLength": 1, "maxLength": 10_000, "description": "One SELECT."},
            "query_sqlite": {
                "type": "string",
                "minLength": 1,
                "maxLength": 10_000,
                "description": "In SQLite's words.",
            },
        },
    }
    MEASURES: ClassVar[tuple[Measure, ...]] = (
        Measure("value", "any", "The first column of the first row."),
        Measure("column:", "any", "A column of the first row, by name."),
        Measure("rows", "number", "How many rows; counting ends at 1000."),
        Measure("latency_ms", "number", "With connecting."),
    )

    async def look(self, check: CheckSpec, context: ProbeContext) -> Look:
        """Ask and judge."""
        started = monotonic()
        name = check.opened["database"]
        dsn = context.databases.get(name)
        if not dsn:
            return Look(ProbeState.UNKNOWN, Reason.MISCONFIGURED, {"error": f"no database is configured as {name!r}"})
        try:
            async with asyncio.timeout(check.timeout_seconds):
                answer = await _asked(check, context, dsn)
        except SqlError as error:
            evidence = {"error": shown(str(error), (*rules_of(check).secrets, *_secrets(dsn)))}
            return Look(error.state, error.reason, evidence, {}, round((monotonic() - started) * 1000))
        except BusyError:
            return Look(ProbeState.UNKNOWN, Reason.TIMEOUT, {"error": f"{name}: an earlier query still hangs"})
        except (OSError, EgressError, ResolveError) as error:
            return look_failed(check, error, started)
        now = monotonic()
        return judge(check, _measured(answer, now - started), started=started, now=now)


async def _asked(check: CheckSpec, context: ProbeContext, dsn: str) -> Answer:
    params, key = check.opened, ("sql", check.opened["database"], hash(dsn))
    # Ends a little earlier than the look, so that the database itself breaks the query off.
    seconds = max(0.05, check.timeout_seconds * 0.9)
    if dsn.startswith("sqlite:"):
        query = params.get("query_sqlite", params["query"])
        return await in_thread(key, partial(sqlite_asked, sqlite_path(dsn), query, seconds=seconds))
    target = await postgres_target(dsn, context.net, seconds=check.timeout_seconds)
    return await in_thread(key, partial(postgres_asked, target, params["query"], seconds=seconds))


def _measured(answer: Answer, seconds: float) -> dict[str, Any]:
    measured: dict[str, Any] = {"rows": len(answer.rows), "latency_ms": seconds * 1000, "value": ABSENT}
    if answer.rows:
        values = [_plain(value) for value in answer.rows[0]]
        measured["value"] = values[0] if values else ABSENT
        measured.update({f"column:{name}": value for name, value in zip(answer.columns, values, strict=True)})
    return measured


def _plain(value: Any) -> Any:
    """The value as JSON has it; what is not JSON becomes text, durations become seconds."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case datetime() | date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case bytes() | memoryview():
            return bytes(value).hex()
    return str(value)


def _secrets(dsn: str) -> tuple[str, ...]:
    try:
        password = urlsplit(dsn).password
    except ValueError:
        return (dsn,)
    return (password,) if password else ()


PROBE = SqlProbe()
