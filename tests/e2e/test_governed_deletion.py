"""A deletion in a real browser with the real runtime: one person asks, another agrees, with the keyboard alone."""

import re

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.lab.installation import Installation
from tests.remediation.attacks.world import PASSWORD, World

pytestmark = pytest.mark.e2e
TABS = 80


@pytest.fixture
def world(installation: Installation) -> World:
    return World(installation)


def logged_in(world: World, browser: BrowserContext, name: str) -> Page:
    page = browser.new_page()
    page.goto(f"{world.portal.url}/accounts/login/")
    page.locator("input[name=login]").focus()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{world.portal.url}/i/home/")
    return page


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    """Go to ``target`` with the Tab key and press it; fail when it cannot be reached."""
    reach(page, target)
    page.keyboard.press(key)


def reach(page: Page, target: Locator) -> None:
    """Go to ``target`` with the Tab key, and find it visibly marked."""
    expect(target).to_be_visible()
    for _ in range(TABS):
        if target.evaluate("element => element === document.activeElement"):
            style = target.evaluate(
                "element => getComputedStyle(element).outlineStyle + getComputedStyle(element).boxShadow"
            )
            assert style != "nonenone", "the focus cannot be seen"
            return
        page.keyboard.press("Tab")
    pytest.fail("the Tab key never comes there")


@pytest.mark.spec("V35", "V54")
def test_a_deletion_is_approved_by_a_second_person_with_the_keyboard_alone(
    world: World, browser: BrowserContext
) -> None:
    old, kept = world.machine.file("old.txt"), world.machine.file("keep.txt")
    code = world.ask("old.txt")
    world.machine.once()

    page = logged_in(world, browser, "ed")
    page.goto(f"{world.portal.url}/i/home/approvals/")
    press(page, page.locator(f"#main a[href*='{code}'], main a[href*='{code}']").first)
    page.wait_for_url(re.compile(rf"/i/home/proposals/{code}"))
    expect(page.get_by_text("old.txt").first).to_be_visible()
    assert page.evaluate("document.activeElement === document.body"), "no page begins on the approval"
    page.keyboard.press("Enter")
    assert world.proposal(code)["status"] == "pending_approval"

    press(page, page.get_by_role("link", name=re.compile("Approve")).first)
    page.wait_for_url(re.compile(r"/approve$"))
    expect(page.get_by_text("You agree that exactly this is done")).to_be_visible()
    reach(page, page.locator("textarea[name=reason]"))
    page.keyboard.type("I have a copy")
    assert old.exists()
    press(page, page.get_by_role("button", name="Approve this plan"))
    page.wait_for_url(re.compile(rf"/i/home/proposals/{code}$"))
    expect(page.locator("body")).to_contain_text("The signed order waits for the runtime")

    world.machine.once()
    assert (old.exists(), kept.exists()) == (False, True)
    expect(page.locator("main")).to_contain_text("Executed", timeout=20_000)  # told without a reload
    press(page, page.locator(f"main a[href$='/jobs/{code}']").first)
    page.wait_for_url(re.compile(rf"/i/home/jobs/{code}"))
    expect(page.locator("main")).to_contain_text("Executed")
    assert world.kinds(code)[-3:] == ["JOB_CLAIMED", "JOB_STARTED", "RUNTIME_JOB_REPORTED"]
    world.verify()


@pytest.mark.spec("V28", "V35")
def test_whoever_asked_is_told_that_another_person_decides(world: World, browser: BrowserContext) -> None:
    old = world.machine.file("old.txt")
    code = world.ask("old.txt")
    world.machine.once()
    page = logged_in(world, browser, "olga")
    page.goto(f"{world.portal.url}/i/home/proposals/{code}")
    expect(page.locator("main")).to_contain_text("another person has to decide")
    expect(page.get_by_role("link", name=re.compile("Approve…"))).to_have_count(0)
    page.goto(f"{world.portal.url}/i/home/proposals/{code}/approve")
    expect(page.get_by_role("button", name="Approve this plan")).to_have_count(0)
    world.machine.once()
    assert (world.proposal(code)["status"], old.exists()) == ("pending_approval", True)
