"""The inbox out of a million messages: reading a page, however deep, also for people of quiet inboxes.

50 inboxes, a person in 5 of them, a tenth of the messages waiting. Competitors: the same page by OFFSET
and by ``IN (…) ORDER BY``, on the same rows in the same run.
"""

import sys
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any
from uuid import uuid4

from bench.report import Row, percentile, row, suite_report
from bench.scratch import on_both

MESSAGES = 1_000_000
BUSY = [f"G{number}" for number in range(5)]
QUIET = [f"Q{number}" for number in range(5)]
ROUNDS = 60


def measure() -> list[Row]:
    """Fill the tables and time the reads, interleaved."""
    from django.db import connection

    from agents.models import Message
    from agents.selectors import inbox_page
    from opsportal.core.scope import institution_scope
    from opsportal.institutions.models import Institution

    institution = Institution.objects.create(slug="home", name="Home")
    _fill(institution.pk.hex if connection.vendor == "sqlite" else str(institution.pk))
    with institution_scope(institution.pk):
        deep = _cursor_at_depth(inbox_page, 0.9)
        rows = Message.objects.filter(requires_human=True, acked_at__isnull=True)

        def offset() -> object:
            ordered = rows.filter(inbox__in=BUSY).order_by("-created_at")
            return list(ordered.select_related("thread", "acked_by")[9_000:9_050])

        def unordered_in() -> object:
            return list(rows.filter(inbox__in=QUIET).select_related("thread", "acked_by").order_by("-pk")[:50])

        timed = _timed(
            {
                "first": lambda: inbox_page(BUSY),
                "deep": lambda: inbox_page(BUSY, cursor=deep),
                "quiet": lambda: inbox_page(QUIET),
                "offset": offset,
                "in": unordered_in,
            }
        )
    first, deeper, quiet = (timed[name] for name in ("first", "deep", "quiet"))
    return [
        row("first page p95", percentile(first, 0.95), "ms", goal="<= 10"),
        row("page at 90 % depth p95", percentile(deeper, 0.95), "ms", goal="<= 10"),
        row(
            "deep page over first, p50",
            percentile(deeper, 0.5),
            "ms",
            baseline=percentile(first, 0.5),
            ratio=percentile(deeper, 0.5) / percentile(first, 0.5),
            goal="<= 2",
        ),
        row("quiet inboxes p95", percentile(quiet, 0.95), "ms", goal="<= 10"),
        row(
            "OFFSET at 90 % over ours, p50",
            percentile(timed["offset"], 0.5),
            "ms",
            baseline=percentile(deeper, 0.5),
            ratio=percentile(timed["offset"], 0.5) / percentile(deeper, 0.5),
        ),
        row(
            "IN … ORDER BY for quiet inboxes over ours, p50",
            percentile(timed["in"], 0.5),
            "ms",
            baseline=percentile(quiet, 0.5),
            ratio=percentile(timed["in"], 0.5) / percentile(quiet, 0.5),
        ),
    ]


def _timed(competitors: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Return milliseconds per round of the statements that each competitor sends, rows fetched, without the ORM."""
    from django.db import connection

    statements = {name: _statements(run) for name, run in competitors.items()}
    spent: dict[str, list[float]] = {name: [] for name in competitors}
    with connection.cursor() as cursor:
        for number in range(ROUNDS + 3):
            for name, sent in statements.items():
                begun = perf_counter()
                for statement, parameters in sent:
                    cursor.execute(statement, parameters)
                    cursor.fetchall()
                if number >= 3:  # the first rounds fill caches
                    spent[name].append((perf_counter() - begun) * 1000)
    return spent


def _statements(run: Callable[[], object]) -> list[tuple[str, Any]]:
    from django.db import connection

    sent: list[tuple[str, Any]] = []

    def note(execute: Callable[..., object], statement: str, parameters: Any, many: bool, context: Any) -> object:
        sent.append((statement, parameters))
        return execute(statement, parameters, many, context)

    with connection.execute_wrapper(note):
        run()
    return sent


def _cursor_at_depth(inbox_page: Callable[..., object], share: float) -> str:
    from agents.models import Message
    from opsportal.core.pages import Page

    waiting = Message.objects.filter(inbox__in=BUSY, requires_human=True, acked_at__isnull=True)
    wanted = int(waiting.count() * share)
    cursor, seen = "", 0
    while seen < wanted:
        page = inbox_page(BUSY, cursor=cursor, size=1000)
        assert isinstance(page, Page)
        seen += len(page.items)
        cursor = page.next or cursor
    return cursor


def _fill(institution: str) -> None:
    """Write a thousand threads and a million messages, 100,000 of them waiting; 200 old ones in the quiet inboxes."""
    from django.db import connection

    numbers = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "
        if connection.vendor == "sqlite"
        else "WITH n(i) AS (SELECT generate_series(1, {count})) "
    )
    code = "lower(hex(randomblob(16)))" if connection.vendor == "sqlite" else "gen_random_uuid()"
    now = "datetime('now')" if connection.vendor == "sqlite" else "now()"
    nothing, yes = ("'{}'", "1") if connection.vendor == "sqlite" else ("'{}'::jsonb", "true")
    columns: Sequence[str] = ("code", "institution_id", "subject", "severity", "status", "primary_agent")
    with connection.cursor() as cursor:
        cursor.execute(
            numbers.format(count=1000)
            + f'INSERT INTO agents_thread ({", ".join(columns)}, subject_kind, subject_id, "case", created_at, updated_at)'
            f" SELECT {code}, '{institution}', 'Thread ' || i, 'info', 'open', 'A1', '', '', '{uuid4().hex}', {now}, {now} FROM n"
        )
        cursor.execute("SELECT min(id) FROM agents_thread")
        first = cursor.fetchone()[0]
        cursor.execute(
            numbers.format(count=MESSAGES)
            + "INSERT INTO agents_message (code, institution_id, thread_id, from_type, from_id, to_type, to_id, body, context,"
            " severity, requires_human, inbox, acked_at, ack_note, created_at)"
            f" SELECT {code}, '{institution}', {first} + i % 1000, 'agent', 'vigia', 'agent', 'A1',"
            f" 'The disk of host ' || i || ' is nearly full.', {nothing}, 'high', {yes},"
            " CASE WHEN i <= 200 THEN 'Q' || (i % 5) ELSE 'G' || (i % 50) END,"
            f" CASE WHEN i <= 200 OR (i / 50) % 10 = 0 THEN NULL ELSE {now} END, '', {now} FROM n"
        )
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    sys.exit(not suite_report("inbox", on_both("bench.inbox", measure)))
