"""Live updates: what moved is fetched in place, what is new waits behind a bar, and a lost socket loses nothing."""

import pytest
from playwright.sync_api import Page

from tests.e2e.scripts.conftest import Stage
from tests.e2e.scripts.test_keys import row

pytestmark = pytest.mark.e2e
LIVE = 'data-shortcuts="on" data-live="/ws/i/home/" data-live-since="7"'
BAR = (
    '<button hidden id="bar" data-live-new="findings" data-live-kinds="FINDING_OPENED FINDING_REOPENED" hx-get="/list"'
    ' hx-target="#list" hx-swap="outerHTML"><span data-count>0</span> new</button>'
)
STATUS = '<p id="live" class="health-live" data-state="starting"><span data-when="retrying">Offline</span></p>'


def rows(names: str) -> str:
    return f'<ul id="list">{"".join(row(name) for name in names)}</ul>'


def opened(seq: int, name: str, kind: str = "FINDING_OPENED") -> dict[str, object]:
    return {"seq": seq, "kind": kind, "topic": "findings", "subject": f"finding:{name}"}


def show(stage: Stage, content: str = BAR + STATUS + rows("ab")) -> Page:
    page = stage.show(content, attributes=LIVE)
    stage.until("document.body.dataset.liveState === 'online'")
    return page


def order(page: Page) -> str:
    return str(page.evaluate("[...document.querySelectorAll('[data-row]')].map((row) => row.id).join('')"))


def test_it_resumes_where_the_page_was_made(stage: Stage) -> None:
    show(stage)
    assert stage.sockets[0].url == "ws://portal.test/ws/i/home/?since=7"


def test_a_row_that_is_shown_is_fetched_in_place(stage: Stage) -> None:
    page = show(stage)
    stage.answers["/rows/a"] = (200, row("a", "worse"))
    stage.push(opened(8, "a", "FINDING_WORSENED"))
    stage.until("document.getElementById('a').textContent.includes('worse')")
    assert order(page) == "ab"
    assert not page.locator("#bar").is_visible()


def test_new_rows_wait_behind_the_bar_until_it_is_clicked(stage: Stage) -> None:
    page = show(stage)
    stage.push(opened(8, "x"), opened(9, "y"), opened(10, "x", "FINDING_REOPENED"))
    page.wait_for_selector("#bar", state="visible")
    assert page.text_content("#bar") == "2 new"
    assert order(page) == "ab"
    stage.answers["/list"] = (200, rows("xyab"))
    page.click("#bar")
    page.wait_for_selector("#y")
    page.wait_for_selector("#bar", state="hidden")
    stage.push(opened(11, "z"))
    page.wait_for_selector("#bar", state="visible")
    assert page.text_content("#bar") == "1 new"


def test_the_bar_counts_only_its_kinds_and_its_topic(stage: Stage) -> None:
    page = show(stage)
    stage.push(opened(8, "x", "FINDING_RESOLVED"), {"seq": 9}, {**opened(10, "y"), "topic": "ledger"})
    page.wait_for_timeout(150)
    assert not page.locator("#bar").is_visible()


def test_a_burst_becomes_two_fetches(stage: Stage) -> None:
    page = show(stage, '<p id="sum" hx-get="/sum" hx-trigger="live:findings from:body">0</p>')
    stage.answers["/sum"] = (200, "sum")
    for seq in range(8, 48):
        stage.push(opened(seq, "x"))
    page.wait_for_timeout(900)
    assert stage.asked.count("GET /sum") == 2


def test_what_was_replayed_is_not_shown_twice(stage: Stage) -> None:
    page = show(stage)
    stage.push(opened(7, "x"), opened(3, "y"))
    page.wait_for_timeout(150)
    assert not page.locator("#bar").is_visible()


def test_a_lost_socket_comes_back_from_the_last_seq(stage: Stage) -> None:
    page = show(stage)
    stage.push({"seq": 21})
    page.wait_for_timeout(50)
    stage.sockets[0].close(code=1012)
    page.wait_for_timeout(1200)
    assert [socket.url.partition("=")[2] for socket in stage.sockets] == ["7", "21"]
    assert page.evaluate("document.body.dataset.liveState") == "online"


def test_it_says_so_when_it_stays_away_and_takes_it_back_when_it_returns(stage: Stage) -> None:
    page = show(stage)
    page.route_web_socket("ws://portal.test/**", lambda socket: socket.close(code=1006))
    stage.sockets[0].close(code=1012)
    stage.until("document.body.dataset.liveState === 'retrying'")
    assert page.locator("text=Offline").is_visible()
    page.route_web_socket("ws://portal.test/**", stage.connect)
    stage.until("document.body.dataset.liveState === 'online'", seconds=15)
    assert not page.locator("text=Offline").is_visible()


@pytest.mark.parametrize("code", [4401, 4403, 4404])
def test_it_does_not_knock_where_it_was_shown_the_door(stage: Stage, code: int) -> None:
    page = show(stage)
    stage.sockets[0].close(code=code)
    stage.until("document.body.dataset.liveState === 'ended'")
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_timeout(1200)
    assert len(stage.sockets) == 1


def test_a_resync_lets_everything_be_fetched_and_goes_on_from_there(stage: Stage) -> None:
    page = show(stage, '<p id="sum" hx-get="/sum" hx-trigger="live:findings from:body, live:resync from:body">0</p>')
    stage.answers["/sum"] = (200, "fresh")
    stage.push({"seq": 900, "resync": True})
    stage.until("document.getElementById('sum').textContent === 'fresh'")
    stage.push({"seq": 4, "resync": True})  # a backup was restored: the stream has gone back
    page.wait_for_timeout(300)
    stage.sockets[0].close(code=1012)
    page.wait_for_timeout(1200)
    assert stage.sockets[-1].url.endswith("since=4")


def test_a_page_without_a_stream_opens_no_socket(stage: Stage) -> None:
    stage.show("x")
    assert stage.sockets == []
