"""Chromium on a throttled processor: what a page costs whoever opens it for the first time."""

import statistics
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from typing import Any

from playwright.sync_api import Browser, sync_playwright

THROTTLE = 4
QUIET_MS = 700  # after the load event: long enough for scripts that start late
WATCH = """
window.longTasks = [];
new PerformanceObserver(list => {
  for (const task of list.getEntries()) longTasks.push([task.startTime, task.duration]);
}).observe({type: "longtask", buffered: true});
"""
READ = """() => {
  const page = performance.getEntriesByType("navigation")[0];
  const painted = performance.getEntriesByName("first-contentful-paint")[0];
  const ends = longTasks.map(([start, length]) => start + length);
  return {
    ready: Math.max(painted ? painted.startTime : Infinity, page.domContentLoadedEventEnd, ...ends),
    long: longTasks.reduce((sum, task) => sum + task[1], 0),
    nodes: document.querySelectorAll("*").length,
  };
}"""


@dataclass(frozen=True, slots=True)
class Visit:
    """One page load with an empty cache. ``ready_ms``: painted, parsed, and the last long task over."""

    kilobytes: float
    requests: float
    ready_ms: float
    long_ms: float
    nodes: float


@contextmanager
def browser_running() -> Iterator[Browser]:
    """Run Debian's Chromium, without a network beyond this machine."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        yield chromium
        chromium.close()


def visits_compare(
    browser: Browser, pages: Mapping[str, str], *, cookies: Mapping[str, str], rounds: int = 5
) -> dict[str, Visit]:
    """Open the pages (name → URL) in turn, ``rounds`` times each after one for warmth; return the medians."""
    seen: dict[str, list[Visit]] = {name: [] for name in pages}
    for number in range(rounds + 1):
        for name, url in pages.items():
            visit = _visit(browser, url, cookies)
            if number:
                seen[name].append(visit)
    return {
        name: Visit(*(statistics.median(column) for column in zip(*map(astuple, visits), strict=True)))
        for name, visits in seen.items()
    }


def _visit(browser: Browser, url: str, cookies: Mapping[str, str]) -> Visit:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    for name, value in cookies.items():
        context.add_cookies([{"name": name, "value": value, "domain": "127.0.0.1", "path": "/"}])
    page = context.new_page()
    page.add_init_script(WATCH)
    wire = context.new_cdp_session(page)
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    wire.send("Network.enable")
    wire.send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})
    answer = page.goto(url, wait_until="load")
    assert answer is not None
    assert answer.ok, answer.status
    page.wait_for_timeout(QUIET_MS)
    assert page.url == url, f"{url} went to {page.url}"
    found: dict[str, Any] = page.evaluate(READ)
    context.close()
    return Visit(sum(sizes) / 1024, len(sizes), found["ready"], found["long"], found["nodes"])
