"""Real pages in a real browser: narrow screens, readable colours, names for everything, nothing against the policy."""

import json
from collections.abc import Callable

import pytest
from django.template import Context, Template
from django.test import Client

from opsportal.institutions.access import Role
from opsportal.portal.pills import PILLS
from tests.e2e.scripts.conftest import Stage
from tests.institutions.factories import institution_make, member_make

pytestmark = [pytest.mark.e2e, pytest.mark.django_db]
PAGES = [
    *("/accounts/login/", "/i/home/", "/i/home/inbox/", "/accounts/2fa/", "/accounts/password/change/", "/i/home/no"),
    *("/i/home/findings/", "/i/home/scenarios/", "/i/home/agents/", "/i/home/agents/A3/", "/i/home/ledger/"),
    "/i/home/ledger/proof",
]
Opener = Callable[..., None]

CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const paint = (...colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((value) => value / 255)
      .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
      .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
  };
  const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const ground = getComputedStyle(document.querySelector('.card')).backgroundColor;
  return Object.fromEntries([...document.querySelectorAll('.pill, .mark, .copyable, .text-secondary, .btn-primary')].map((element) => {
    const {color, backgroundColor} = getComputedStyle(element);
    return [element.className + ' ' + element.textContent.trim(), ratio(paint(ground, backgroundColor), paint(ground, backgroundColor, color))];
  }));
}"""


@pytest.fixture
def show(stage: Stage, client: Client) -> Opener:
    """Open a page as Django makes it for a member with every right."""
    user = member_make(institution_make(), Role.SUPER_ADMIN).user

    def open_page(path: str, *, width: int = 1280) -> None:
        if not path.startswith("/accounts/login"):
            client.force_login(user)
        html = client.get(path).content.decode()
        stage.page.set_viewport_size({"width": width, "height": 740})
        stage.answers[path] = (200, html)
        stage.page.goto(f"http://portal.test{path}")

    return open_page


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_a_narrow_phone(stage: Stage, show: Opener, path: str) -> None:
    show(path, width=360)
    assert stage.page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("path", PAGES)
def test_everything_that_can_be_used_has_a_name_and_ids_are_unique(stage: Stage, show: Opener, path: str) -> None:
    show(path)
    nameless = stage.page.evaluate(
        """[...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea')].filter((element) =>
        !(element.textContent.trim() || element.ariaLabel || element.title || element.labels?.length)).map((element) => element.outerHTML)"""
    )
    assert nameless == []
    ids = stage.page.evaluate("[...document.querySelectorAll('[id]')].map((element) => element.id)")
    assert sorted(ids) == sorted(set(ids))


def test_the_first_tab_skips_to_the_content(stage: Stage, show: Opener) -> None:
    show("/i/home/")
    stage.page.keyboard.press("Tab")
    assert stage.page.evaluate("document.activeElement.className") == "skip"
    stage.page.keyboard.press("Enter")
    assert stage.page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("width", [360, 1280])
def test_the_menu_of_the_person_opens_by_keyboard_and_closes(stage: Stage, show: Opener, width: int) -> None:
    show("/i/home/", width=width)
    stage.page.locator(".me:visible").first.focus()
    stage.page.keyboard.press("Enter")
    assert stage.page.locator("#me").is_visible()
    stage.page.keyboard.press("Escape")
    assert not stage.page.locator("#me").is_visible()


def test_the_switcher_asks_once_where_one_can_go(stage: Stage, show: Opener) -> None:
    show("/i/home/")
    stage.answers["/me/institutions"] = (200, '<a class="menu-item" href="/i/home/">Home</a>')
    for _ in range(2):
        stage.page.click(".switcher")
        stage.page.wait_for_selector("#institutions >> text=Home")
        stage.page.keyboard.press("Escape")
    assert stage.asked.count("GET /me/institutions") == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_stand_out_from_their_ground(stage: Stage, theme: str) -> None:
    """4.5 to 1, what WCAG 2.2 asks for text at level AA."""
    pills = Template(
        "{% load portal %}{% for state in states %}{% status_pill state %}{% status_mark state %}{% endfor %}"
        '{% copyable "id" %}<p class="text-secondary">grey</p><a class="btn btn-primary">go</a>'
    ).render(Context({"states": list(PILLS)}))
    stage.show(f'<div class="card">{pills}</div>', root=f'data-theme="{theme}"')
    weak = {name: round(found, 2) for name, found in stage.page.evaluate(CONTRAST).items() if found < 4.5}
    assert weak == {}, json.dumps(weak)
