"""A stage for the portal's scripts: real bundles, real content policy, a real browser, and answers that a test makes."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from playwright.sync_api import Browser, BrowserContext, Page, Route, WebSocketRoute

from opsportal.portal.bundles import bundle_read
from opsportal.portal.middleware import policy_text
from opsportal.portal.sections import SECTIONS
from opsportal.portal.shortcuts import SHORTCUTS
from opsportal.settings.csp import STRICT

ORIGIN = "http://portal.test"
Answer = tuple[int, str] | Callable[[], tuple[int, str]]


@dataclass
class Stage:
    """One page in a browser. ``answers`` is what its server says by path, ``asked`` what it was asked."""

    page: Page
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    sockets: list[WebSocketRoute] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def show(
        self, content: str, *, attributes: str = 'data-shortcuts="on"', head: str = "", root: str = 'data-theme="light"'
    ) -> Page:
        """Open a page of the portal with this content and wait until its scripts have run."""
        self.answers["/"] = (200, _document(content, attributes, head, root))
        self.page.goto(f"{ORIGIN}/")
        self.page.wait_for_load_state("load")
        return self.page

    def until(self, condition: str, *, seconds: float = 5) -> None:
        """Wait until a JavaScript expression is true. (Playwright's own wait needs eval, which the policy forbids.)"""
        deadline = time.monotonic() + seconds
        while not self.page.evaluate(condition):
            assert time.monotonic() < deadline, f"not in {seconds} s: {condition}"
            self.page.wait_for_timeout(20)

    def answer(self, route: Route) -> None:
        """Answer a request of the page as the test wants it."""
        path = urlsplit(route.request.url).path
        if path.startswith("/static/bundles/"):
            kind = "text/css" if path.endswith(".css") else "text/javascript"
            route.fulfill(body=bundle_read(path.removeprefix("/static/")), content_type=kind)
            return
        self.asked.append(f"{route.request.method} {path}")
        said = self.answers.get(path, (404, "nothing"))
        status, body = said() if callable(said) else said
        if status == 0:
            route.abort()
            return
        route.fulfill(
            status=status, body=body, content_type="text/html", headers={"Content-Security-Policy": policy_text(STRICT)}
        )

    def connect(self, socket: WebSocketRoute) -> None:
        """Let the page open a live socket."""
        self.sockets.append(socket)

    def push(self, *events: dict[str, object]) -> None:
        """Say ``events`` on the newest live socket, in one message."""
        self.sockets[-1].send(json.dumps(events))


def _document(content: str, attributes: str, head: str, root: str) -> str:
    return f"""<!doctype html><html lang="en" data-now="2026-03-01T12:00:00+00:00" {root}><head>
<meta name="htmx-config" content='{render_to_string("portal/htmx.json")}'>
<link rel="stylesheet" href="/static/bundles/portal.css"><script src="/static/bundles/htmx.js" defer></script>
<script src="/static/bundles/portal.js" type="module"></script>{head}</head>
<body {attributes}><div id="errors"></div><main id="main" tabindex="-1">{content}</main><div id="toast"></div>
<div id="announce" role="status"></div>
{render_to_string("portal/_shortcuts.html", {"shell": {"shortcuts": SHORTCUTS, "has_shortcuts": True, "nav": SECTIONS}})}
<template id="no-answer"><div class="alert" data-dismissable>The portal does not answer</div></template></body></html>"""


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser without a past, in UTC."""
    context = chromium.new_context(timezone_id="UTC", locale="en")
    yield context
    context.close()


@pytest.fixture
def stage(context: BrowserContext) -> Iterator[Stage]:
    """A stage; at the end, nothing broke the content policy and no script failed."""
    page = context.new_page()
    stage = Stage(page)
    page.set_default_timeout(5000)
    page.route(f"{ORIGIN}/**", stage.answer)
    page.route_web_socket("ws://portal.test/**", stage.connect)
    page.on("pageerror", lambda error: stage.problems.append(str(error)))
    page.on(
        "console", lambda said: stage.problems.append(said.text) if "Content Security Policy" in said.text else None
    )
    assert settings.CONTENT_SECURITY_POLICY
    yield stage
    assert stage.problems == []
