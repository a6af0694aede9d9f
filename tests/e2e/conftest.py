"""A whole portal on this machine, and a person with a browser in front of it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.lab.fixtures import installation, template_url
from tests.lab.installation import Installation, Portal

__all__ = ["installation", "template_url"]
PASSWORD = "correct horse battery"
PERSON = f"""
from opsportal.core.actor import SYSTEM
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution, User
from opsportal.institutions.services import first_start, member_add, user_create
first_start()
user, _ = user_create(username="ana", actor=SYSTEM)
user.set_password("{PASSWORD}")
user.must_change_password = False
user.save()
member_add(institution=Institution.objects.get(slug="home"), user=user, roles={{Role.OPS_LEAD}}, actor=SYSTEM)
"""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, once for all tests, without a network beyond this machine."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps a loop in this thread; Django must not mistake that for a view of its own.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        yield browser
        browser.close()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser without a past."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    yield context
    context.close()


@pytest.fixture
def portal(installation: Installation) -> Portal:
    """A portal with one ops_lead, ana, and an empty registry; a round every five seconds."""
    installation.django(PERSON)
    registry = Path(installation.folder / "registry.yaml")
    registry.write_text("version: 1\nscenarios: []\n")
    return Portal(installation, OPSPORTAL_REGISTRY=str(registry), AGENTIC_INTERVAL_SEC="5")


@pytest.fixture
def ana(portal: Portal, browser: BrowserContext) -> Page:
    """Ana, logged in, in her inbox."""
    portal.wait_until_ready()
    page = browser.new_page()
    page.goto(f"{portal.url}/accounts/login/")
    page.fill("input[name=login]", "ana")
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{portal.url}/i/home/")
    page.goto(f"{portal.url}/i/home/inbox/")
    return page
