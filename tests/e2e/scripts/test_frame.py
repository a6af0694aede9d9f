"""Errors, toasts, moments, ids, themes and charts in the browser."""

import json

import pytest
from playwright.sync_api import BrowserContext

from tests.e2e.scripts.conftest import Stage

pytestmark = pytest.mark.e2e
BUTTON = '<button id="go" hx-post="/do" hx-target="#here">go</button><div id="here">old</div>'
MOMENT = '<time datetime="2026-03-01T11:57:00Z" data-when>2026-03-01 11:57:00</time>'


@pytest.mark.parametrize("status", [403, 409, 422, 500])
def test_a_refusal_lands_in_the_errors_and_leaves_the_page_alone(stage: Stage, status: int) -> None:
    page = stage.show(BUTTON)
    stage.answers["/do"] = (status, '<div class="alert" data-dismissable>No: <button data-dismiss>x</button></div>')
    page.click("#go")
    page.wait_for_selector("#errors .alert")
    assert page.text_content("#here") == "old"
    page.click("#errors [data-dismiss]")
    page.wait_for_selector("#errors .alert", state="detached")


def test_an_error_goes_when_something_worked(stage: Stage) -> None:
    page = stage.show(BUTTON)
    stage.answers["/do"] = (409, '<div class="alert">late</div>')
    page.click("#go")
    page.wait_for_selector("#errors .alert")
    stage.answers["/do"] = (200, "new")
    page.click("#go")
    page.wait_for_selector("#errors .alert", state="detached")
    assert page.text_content("#here") == "new"


def test_what_refreshes_by_itself_takes_no_error_away(stage: Stage) -> None:
    page = stage.show(BUTTON + '<p id="sum" hx-get="/sum" hx-trigger="live:findings from:body">0</p>')
    stage.answers |= {"/do": (409, '<div class="alert">late</div>'), "/sum": (200, "1")}
    page.click("#go")
    page.wait_for_selector("#errors .alert")
    page.evaluate("document.body.dispatchEvent(new CustomEvent('live:findings'))")
    stage.until("document.getElementById('sum').textContent === '1'")
    assert page.locator("#errors .alert").count() == 1


def test_a_portal_that_does_not_answer_is_said(stage: Stage) -> None:
    page = stage.show(BUTTON)
    stage.answers["/do"] = (0, "")
    page.click("#go")
    page.wait_for_selector("#errors >> text=does not answer")


def test_an_answer_cannot_bring_scripts(stage: Stage) -> None:
    page = stage.show(BUTTON)
    stage.answers["/do"] = (200, '<i id="come">new</i><script>window.evil = 1</script>')
    page.click("#go")
    page.wait_for_selector("#come")
    assert page.evaluate("window.evil ?? null") is None


def toast(stage: Stage) -> None:
    stage.answers["/do"] = (
        200,
        '<div id="toast" hx-swap-oob="innerHTML"><div data-toast>Done<button>Undo</button></div></div>',
    )
    stage.page.clock.install()
    stage.show(BUTTON)
    stage.page.click("#go")
    stage.page.wait_for_selector("[data-toast]")


def test_a_toast_goes_after_ten_seconds(stage: Stage) -> None:
    toast(stage)
    stage.page.clock.fast_forward(9_000)
    assert stage.page.locator("[data-toast]").count() == 1
    stage.page.clock.fast_forward(2_000)
    assert stage.page.locator("[data-toast]").count() == 0


def test_a_toast_stays_while_somebody_is_at_it(stage: Stage) -> None:
    toast(stage)
    stage.page.focus("[data-toast] button")
    stage.page.clock.fast_forward(30_000)
    assert stage.page.locator("[data-toast]").count() == 1


def test_moments_are_distances_by_the_clock_of_the_server(stage: Stage) -> None:
    """The page says it is 12:00 at the server, whatever the clock of this machine says."""
    page = stage.show(MOMENT)
    assert page.text_content("time") == "3 min. ago"


def test_moments_can_be_dates_in_the_zone_of_the_person_and_stay_so(stage: Stage) -> None:
    content = MOMENT + "<button data-times>dates</button>"
    page = stage.show(content, root='data-timezone="America/Sao_Paulo"')
    page.click("[data-times]")
    assert " ".join((page.text_content("time") or "").split()) == "Mar 1, 2026, 8:57:00 AM"
    page = stage.show(content, root='data-timezone="America/Sao_Paulo"')
    assert "Mar 1" in (page.text_content("time") or "")
    assert page.get_attribute("[data-times]", "aria-pressed") == "true"


def test_moments_that_are_swapped_in_are_written_too(stage: Stage) -> None:
    page = stage.show(BUTTON)
    stage.answers["/do"] = (200, MOMENT)
    page.click("#go")
    page.wait_for_selector("text=3 min. ago")


def test_an_id_is_copied_even_without_a_secure_page(stage: Stage, context: BrowserContext) -> None:
    page = stage.show('<button data-copy="abc-123" data-copied="Copied">abc</button><textarea id="paste"></textarea>')
    assert page.evaluate("navigator.clipboard ?? null") is None  # plain HTTP on a network
    page.click("[data-copy]")
    stage.until("document.getElementById('announce').textContent === 'Copied'")
    page.focus("#paste")
    page.keyboard.press("Control+v")
    assert page.input_value("#paste") == "abc-123"


@pytest.mark.parametrize(("theme", "system", "is_dark"), [
    ("light", "dark", False), ("dark", "light", True), ("system", "dark", True), ("system", "light", False),
])  # fmt: skip
def test_one_attribute_is_the_whole_theme(stage: Stage, theme: str, system: str, is_dark: bool) -> None:
    stage.page.emulate_media(color_scheme=system)  # type: ignore[arg-type]  # parametrize hands over str
    page = stage.show("x", root=f'data-theme="{theme}"')
    probe = "getComputedStyle(document.body).backgroundColor"
    lightness = float(page.evaluate(probe).removeprefix("oklch(").split()[0])
    assert (lightness < 0.5) == is_dark


def chart(stage: Stage, *points: list[float | None]) -> str:
    """Draw a chart and return its picture."""
    data = json.dumps({"labels": ["p50"], "points": points})
    page = stage.show(
        f'<script type="application/json" id="d">{data}</script><figure data-chart="d" data-unit="ms"></figure>',
        head='<script type="module" src="/static/bundles/chart.js"></script>',
    )
    page.wait_for_selector("[data-chart] canvas")
    return picture(stage)


def picture(stage: Stage) -> str:
    return str(stage.page.evaluate("document.querySelector('canvas').toDataURL()"))


def test_a_chart_is_drawn_again_in_the_colours_of_the_theme(stage: Stage) -> None:
    light = chart(stage, [60, 120, 180], [10, None, 30])
    stage.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    stage.until(f"document.querySelector('canvas').toDataURL() !== {json.dumps(light)}")
    assert stage.page.locator("[data-chart] canvas").count() == 1


def test_a_chart_draws_no_line_where_nothing_was_measured(stage: Stage) -> None:
    pause = chart(stage, [0, 60, 120, 600, 660, 720], [5, 6, 5, 5, 6, 5])
    said = chart(stage, [0, 60, 120, 180, 600, 660, 720], [5, 6, 5, None, 5, 6, 5])
    steady = chart(stage, [0, 60, 120, 240, 360, 480, 600, 660, 720], [5, 6, 5, 5, 5, 5, 5, 6, 5])
    assert pause == said
    assert pause != steady
