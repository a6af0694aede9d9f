"""One night at the desk: something breaks, somebody takes it, it is mended. Nothing is faked, nothing is reloaded."""

import pytest
from playwright.sync_api import Page, expect

from tests.lab.installation import Portal, eventually
from tests.lab.site import Answer, Site

pytestmark = pytest.mark.e2e
SECONDS = 30_000  # several rounds, in milliseconds
REGISTRY = """
version: 1
scenarios:
  - id: shop.web
    title: {{en: "The shop", pt-br: "A loja"}}
    owner: A1
    severity: critical
    down_after: 1
    up_after: 1
    checks:
      - name: main
        kind: http
        with: {{url: "{url}/health"}}
        conditions:
          - {{measure: status, op: "==", value: 200}}
    human_action:
      en: "Measured {{measured}}, expected {{expected}}: restart the shop."
      pt-br: "Medido {{measured}}, esperado {{expected}}: reinicie a loja."
    runbook: "# Shop"
"""


@pytest.mark.spec("L12", "L33", "L40", "L47")
def test_a_finding_arrives_is_taken_by_keyboard_and_resolves_without_a_reload(portal: Portal, ana: Page) -> None:
    problems: list[str] = []
    ana.on("pageerror", lambda error: problems.append(str(error)))
    ana.on("console", lambda message: problems.append(message.text) if "Content Security" in message.text else None)
    loads: list[str] = []
    ana.wait_for_load_state("load")
    ana.on("domcontentloaded", lambda page: loads.append(page.url))
    expect(ana.get_by_text("Nothing waits for you")).to_be_visible()

    with Site({"/health": Answer({"status": "pass"})}) as shop:
        (portal.installation.folder / "registry.yaml").write_text(REGISTRY.format(url=shop.url))
        runs = "SELECT state FROM scenarios_run ORDER BY id DESC LIMIT 1"
        eventually(lambda: portal.installation.rows(runs) == [("ok",)], "the shop is watched and well", seconds=30)
        expect(ana.get_by_text("Nothing waits for you")).to_be_visible()

        shop.answer({"/health": Answer({"status": "fail"}, status=503)})
        row = ana.locator("[data-row]", has_text="The shop")
        expect(row).to_be_visible(timeout=SECONDS)
        expect(ana.locator("#waiting")).to_contain_text("1")

        ana.keyboard.press("j")
        expect(row).to_have_attribute("aria-current", "true")
        ana.keyboard.press("Enter")
        pane = ana.locator("#pane")
        expect(pane.get_by_text("restart the shop").first).to_be_visible()
        expect(pane.locator(".evidence")).to_contain_text("503")
        ana.keyboard.press("a")
        expect(row).to_have_count(0)
        expect(ana.locator("#toast")).to_contain_text("Acknowledged")
        expect(pane.locator(".pill", has_text="Acknowledged")).to_be_visible()
        acked = portal.installation.rows("SELECT status, acked_by_id IS NOT NULL FROM findings_finding")
        assert [(status, bool(name)) for status, name in acked] == [("acked", True)]

        ana.get_by_role("button", name="Undo").click()
        expect(row).to_be_visible()
        expect(ana.locator("#toast")).to_contain_text("It waits again")
        row.hover()
        row.locator('[data-act="ack"]').click()
        expect(row).to_have_count(0)

        shop.answer({"/health": Answer({"status": "pass"})})
        expect(pane.locator(".pill", has_text="Resolved")).to_be_visible(timeout=SECONDS)
        expect(pane.get_by_text("Resolved after")).to_be_visible()

    assert problems == []
    assert loads == [], "nothing was loaded again"
    kinds = [
        kind
        for (kind,) in portal.installation.rows("SELECT kind FROM ledger_entry WHERE kind LIKE 'FINDING%' ORDER BY seq")
    ]
    assert kinds == ["FINDING_OPENED", "FINDING_ACKED", "FINDING_UNACKED", "FINDING_ACKED", "FINDING_RESOLVED"]
