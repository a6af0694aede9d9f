"""The pages of watching in a real browser on a real portal: nothing is faked, and nothing moves under the cursor."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.lab.installation import Portal, eventually
from tests.lab.site import Answer, Site

pytestmark = pytest.mark.e2e
SECONDS = 30_000  # several rounds, in milliseconds
BROKEN, WELL = Answer({"status": "fail"}, status=503), Answer({"status": "pass"})
ENTRY = """
  - id: shop.{name}
    title: {{en: "The {name}", pt-br: "O {name}"}}
    owner: A1
    severity: high
    down_after: 1
    up_after: 1
    checks:
      - name: main
        kind: http
        with: {{url: "{url}/{name}"}}
        conditions:
          - {{measure: status, op: "==", value: 200}}
    human_action: {{en: "Restart it.", pt-br: "Reinicie."}}
    runbook: "# Shop"
"""
NAMES = ("web", "search", "mail")


@pytest.fixture
def shop(portal: Portal) -> Iterator[Site]:
    """Three scenarios of which two are broken, found and shown."""
    with Site({"/web": BROKEN, "/search": BROKEN, "/mail": WELL}) as site:
        entries = "".join(ENTRY.format(name=name, url=site.url) for name in NAMES)
        (portal.installation.folder / "registry.yaml").write_text(f"version: 1\nscenarios:{entries}")
        query = "SELECT count(*) FROM findings_finding"
        eventually(lambda: portal.installation.rows(query) == [(2,)], "two findings", seconds=40)
        yield site


def test_the_list_of_findings_stays_still_while_it_lives(portal: Portal, shop: Site, ana: Page) -> None:
    ana.goto(f"{portal.url}/i/home/findings/")
    rows = ana.locator("#findings-rows [data-row]")
    expect(rows).to_have_count(2)
    expect(ana.locator("body[data-live-state=online]")).to_be_attached()
    ana.keyboard.press("j")
    ana.keyboard.press("j")
    marked = ana.locator("[data-row][aria-current]")
    name, at = marked.get_attribute("id"), marked.bounding_box()
    seen = marked.locator(".cell-short").inner_text()

    shop.answer({"/web": BROKEN, "/search": BROKEN, "/mail": BROKEN})
    bar = ana.locator(".new-bar")
    expect(bar).to_contain_text("1 new", timeout=SECONDS)
    expect(marked.locator(".cell-short")).not_to_have_text(seen, timeout=SECONDS)
    assert (marked.get_attribute("id"), marked.bounding_box(), rows.count()) == (name, at, 2)

    ana.keyboard.press("a")
    expect(marked.locator(".cell-status")).to_contain_text("Acknowledged")
    assert marked.get_attribute("id") == name
    ana.locator("#toast").get_by_role("button", name="Undo").click()
    expect(marked.locator(".cell-status")).to_contain_text("Open")

    bar.click()
    expect(rows).to_have_count(3)
    expect(bar).to_be_hidden()
    assert ana.locator("[data-row][aria-current]").get_attribute("id") == name


def test_selected_findings_are_acknowledged_together(portal: Portal, shop: Site, ana: Page) -> None:
    ana.goto(f"{portal.url}/i/home/findings/")
    for key in ("j", "x", "j", "Shift+X"):
        ana.keyboard.press(key)
    expect(ana.locator(".bulk-bar")).to_contain_text("2 selected")
    ana.fill("#bulk-note", "night shift")
    ana.get_by_role("button", name="Acknowledge selected").click()
    expect(ana.locator("#findings-rows .cell-status", has_text="Acknowledged")).to_have_count(2)
    expect(ana.locator(".bulk-bar")).to_be_hidden()
    ana.locator("#toast").get_by_role("button", name="Undo").click()
    expect(ana.locator("#findings-rows .cell-status", has_text="Open")).to_have_count(2)


def test_filters_write_themselves_into_the_address(portal: Portal, shop: Site, ana: Page) -> None:
    ana.goto(f"{portal.url}/i/home/findings/")
    ana.keyboard.press("/")
    ana.keyboard.type("search")
    expect(ana.locator("#findings-rows [data-row]")).to_have_count(1)
    expect(ana).to_have_url(re.compile(r"/findings/\?q=search$"))
    expect(ana.locator("#findings-q")).to_be_focused()
    ana.go_back()
    expect(ana.locator("#findings-rows [data-row]")).to_have_count(2)


def test_a_note_that_is_being_written_outlives_the_rounds(portal: Portal, shop: Site, ana: Page) -> None:
    ana.goto(f"{portal.url}/i/home/findings/")
    ana.keyboard.press("j")
    ana.keyboard.press("Enter")
    expect(ana.locator("#finding")).to_be_visible()
    ana.fill("#ack-note", "I am on it")
    seen = ana.locator(".sentence").inner_text()
    expect(ana.locator(".sentence")).not_to_have_text(seen, timeout=SECONDS)
    expect(ana.locator("#ack-note")).to_have_value("I am on it")
    expect(ana.locator("#ack-note")).to_be_focused()
    ana.locator("#finding [data-act=ack]").click()
    expect(ana.locator(".acked")).to_contain_text("I am on it")
    expect(ana.locator("figure canvas")).to_have_count(1)  # drawn again after every swap


@pytest.mark.spec("L14")
def test_run_now_shows_what_it_saw_in_place(portal: Portal, shop: Site, ana: Page) -> None:
    ana.goto(f"{portal.url}/i/home/scenarios/")
    row = ana.locator('[id="scenario-shop.web"]')
    expect(row.locator(".cell-state")).to_contain_text("Down")
    shop.answer({"/web": WELL, "/search": BROKEN, "/mail": WELL})
    row.locator("[data-act=run]").click()
    expect(row.locator(".cell-state")).to_contain_text("OK")
    expect(ana.locator("#toast")).to_contain_text("shop.web")


def test_the_ledger_verifies_at_the_press_of_a_button(portal: Portal, shop: Site, ana: Page) -> None:
    ana.goto(f"{portal.url}/i/home/ledger/?kind=FINDING_OPENED")
    expect(ana.locator(".ledger-row")).to_have_count(2)
    ana.get_by_role("button", name="Verify now").click()
    expect(ana.locator("#verified")).to_contain_text("The ledger is intact")
    ana.locator(".ledger-row summary").first.click()
    expect(ana.locator(".ledger-row .bytes").first).to_contain_text('"kind":"FINDING_OPENED"')
