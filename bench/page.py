"""The inbox page with 50 messages waiting: what it costs the server, the wire and a slow browser.

In the server: CPU of a request through all middleware, with rows already drawn, beside the same page
without what makes it cheap (rows drawn every time, each reading its own thread and person), in turn.
In Chromium at a quarter of the speed, nothing cached: beside a page that only says hello.
"""

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from bench.browser import browser_running, visits_compare
from bench.hello import hello_running
from bench.report import Row, interleaved, row, suite_report
from bench.scratch import on_both
from bench.server import WEB, server_running

MESSAGES = 50
REQUESTS = 10  # a round: enough for the clock
PATH = "/i/home/inbox/"


def measure() -> list[Row]:
    """Fill an inbox and have it served, then shown; the browser does not care which database it was."""
    from django.db import connection

    client = _client()
    rows = _server_rows(client)
    if connection.vendor == "sqlite":
        rows += _browser_rows(client.cookies["sessionid"].value)
    return rows


def _client() -> Any:
    """Return a client logged in as an ops_lead for whom 50 messages wait."""
    from django.test import Client

    from agents.roster import inboxes_for
    from agents.services import Notice, notices_post
    from opsportal.core.actor import SYSTEM
    from opsportal.core.scope import institution_scope
    from opsportal.institutions.access import Role
    from opsportal.institutions.models import Institution, User
    from opsportal.institutions.services import first_start, member_add, user_create

    first_start()
    home = Institution.objects.get(slug="home")
    user, _ = user_create(username="ana", actor=SYSTEM)
    User.objects.filter(pk=user.pk).update(must_change_password=False)
    member_add(institution=home, user=user, roles={Role.OPS_LEAD}, actor=SYSTEM)
    inboxes = inboxes_for({Role.OPS_LEAD}, to_write=True)
    notices = [
        Notice(
            subject=f"Disk of host {number} is nearly full",
            body=f"The disk of host {number} holds 9{number % 10} % of what it can. It fills within the day.",
            severity=("low", "medium", "high", "critical")[number % 4],
            from_agent="vigia",
            to_agent=inboxes[number % len(inboxes)],
            subject_kind="finding",
            subject_id=str(uuid4()),
            case=uuid4(),
            inbox=inboxes[number % len(inboxes)],
        )
        for number in range(MESSAGES)
    ]
    with institution_scope(home.pk):
        notices_post(institution_id=home.pk, notices=notices, actor=SYSTEM)
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(pk=user.pk))
    return client


def _server_rows(client: Any) -> list[Row]:
    ours, naive = _turns(client, nullcontext), _turns(client, _plain)
    ours(), naive()
    spent = interleaved({"ours": ours, "naive": naive}, rounds=9)
    each = {name: seconds / REQUESTS * 1000 for name, seconds in spent.items()}
    queries = {name: _queries(client, manner) for name, manner in (("ours", nullcontext), ("naive", _plain))}
    return [
        row(
            "inbox page of 50, CPU in the server; the plain page over it",
            each["ours"],
            "ms",
            baseline=each["naive"],
            ratio=each["naive"] / each["ours"],
        ),
        row("inbox page of 50, queries", queries["ours"], "", baseline=queries["naive"], goal="<= 6"),
    ]


def _turns(client: Any, manner: Callable[[], Any]) -> Callable[[], None]:
    def run() -> None:
        for _ in range(REQUESTS):
            with manner():
                _get(client)

    return run


def _get(client: Any) -> None:
    answer = client.get(PATH)
    assert answer.status_code == 200, answer.status_code
    assert answer.content.count(b"<li ") >= MESSAGES


def _plain() -> Any:
    """Read the rows one by one, and forget those that were drawn."""
    from django.core.cache import caches

    from agents import selectors
    from agents.models import Message
    from opsportal.core.pages import Page

    def page(inboxes: Sequence[str], **options: object) -> Page[Message]:
        waiting = Message.objects.filter(inbox__in=inboxes, requires_human=True, acked_at__isnull=True)
        return Page(list(waiting.order_by("-pk")[:MESSAGES]), None, None)

    caches["fragments"].clear()
    return patch.object(selectors, "inbox_page", page)


def _queries(client: Any, manner: Callable[[], Any]) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with manner(), CaptureQueriesContext(connection) as queries:
        _get(client)
    return len(queries)


def _browser_rows(cookie: str) -> list[Row]:
    """Healthchecks, the peer of the figures in milliseconds, is not at hand: hence a ratio to hello, without a goal."""
    from django.conf import settings

    htmx = settings.BASE_DIR / "static/vendor/htmx/htmx.min.js"
    with server_running(WEB) as server, hello_running(htmx) as hello, browser_running() as browser:
        pages = {"inbox": f"http://127.0.0.1:{server.port}{PATH}", "hello": hello}
        seen = visits_compare(browser, pages, cookies={"sessionid": cookie})
    ours, least = seen["inbox"], seen["hello"]
    return [
        row("inbox page, cold: transferred", ours.kilobytes, "KB", baseline=least.kilobytes, goal="<= 80"),
        row("inbox page, cold: requests", ours.requests, "", baseline=least.requests),
        row(
            "inbox page, 4x throttle: usable after",
            ours.ready_ms,
            "ms",
            baseline=least.ready_ms,
            ratio=ours.ready_ms / least.ready_ms,
        ),
        row("inbox page, 4x throttle: in long tasks", ours.long_ms, "ms", baseline=least.long_ms),
        row("inbox page, elements", ours.nodes, "", baseline=least.nodes),
    ]


if __name__ == "__main__":
    os.environ.setdefault("OPSPORTAL_LOG_LEVEL", "error")
    sys.exit(not suite_report("page", on_both("bench.page", measure)))
