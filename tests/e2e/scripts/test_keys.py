"""The keyboard: a cursor over rows that survives what moves around it."""

import pytest
from playwright.sync_api import Page

from tests.e2e.scripts.conftest import Stage

pytestmark = pytest.mark.e2e


def row(name: str, text: str = "") -> str:
    return (
        f'<li id="{name}" data-row data-subject="finding:{name}" hx-get="/rows/{name}" hx-swap="outerHTML"'
        f' hx-trigger="live:subject:finding:{name} from:body">'
        f'<input type="checkbox" data-select><a href="/open/{name}" data-open>{text or name}</a>'
        f'<button data-act="ack" hx-post="/ack/{name}" hx-target="closest [data-row]" hx-swap="delete">ack</button></li>'
    )


LIST = f'<input data-act="search"><ul id="list">{"".join(row(name) for name in "abcd")}</ul><a data-go="i" href="/inbox">in</a>'


def at(page: Page) -> str | None:
    """Return the row under the cursor."""
    found: str | None = page.evaluate("document.querySelector('[data-row][aria-current]')?.id ?? null")
    return found


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def selected(page: Page) -> str:
    return str(
        page.evaluate("[...document.querySelectorAll('[data-row]:has(:checked)')].map((row) => row.id).join('')")
    )


def swap(stage: Stage, target: str, html: str) -> None:
    """Let htmx put ``html`` in the place of the inside of ``target``."""
    stage.answers["/swap"] = (200, html)
    stage.page.evaluate(f"htmx.ajax('GET', '/swap', {{target: '{target}', swap: 'innerHTML'}})")


def test_j_and_k_move_the_cursor_and_the_focus_and_stop_at_the_ends(stage: Stage) -> None:
    page = stage.show(LIST)
    press(page, "j", "j")
    assert at(page) == "b"
    assert page.evaluate("document.activeElement.id") == "b"
    press(page, "k", "k", "k")
    assert at(page) == "a"
    press(page, *"jjjjjj")
    assert at(page) == "d"


def test_the_cursor_stays_with_its_row_when_others_come_above(stage: Stage) -> None:
    page = stage.show(LIST)
    press(page, "j", "j")
    swap(stage, "#list", "".join(row(name) for name in "xyabcd"))
    page.wait_for_selector("#x")
    stage.until("document.activeElement.id === 'b'")
    assert at(page) == "b"
    press(page, "j")
    assert at(page) == "c"


def test_the_row_under_the_cursor_does_not_move_on_the_screen(stage: Stage) -> None:
    page = stage.show(LIST + '<p class="py-4"><br></p>' * 60)
    press(page, "j", "j")
    top = page.evaluate("document.getElementById('b').getBoundingClientRect().top")
    swap(stage, "#list", "".join(row(name) for name in ("x1", "x2", "x3", *"abcd")))
    page.wait_for_selector("#x1")
    page.wait_for_timeout(100)
    assert abs(page.evaluate("document.getElementById('b').getBoundingClientRect().top") - top) <= 1


def test_the_cursor_goes_to_the_neighbour_only_when_its_row_is_gone(stage: Stage) -> None:
    page = stage.show(LIST)
    press(page, "j", "j")
    stage.answers["/ack/b"] = (200, "")
    press(page, "a")
    page.wait_for_selector("#b", state="detached")
    stage.until("document.querySelector('[data-row][aria-current]')?.id === 'c'")
    assert stage.asked[-1] == "POST /ack/b"


def test_x_selects_shift_x_selects_up_to_here_and_both_survive_a_swap(stage: Stage) -> None:
    page = stage.show(LIST)
    press(page, "j", "x", "j", "j", "Shift+X")
    assert selected(page) == "abc"
    swap(stage, "#list", "".join(row(name) for name in "zabcd"))
    page.wait_for_selector("#z")
    stage.until("document.querySelectorAll(':checked').length === 3")
    assert selected(page) == "abc"
    press(page, "x")
    assert selected(page) == "ab"


@pytest.mark.parametrize("key", ["Enter", "o"])
def test_enter_and_o_open_the_row(stage: Stage, key: str) -> None:
    page = stage.show(LIST)
    stage.answers["/open/a"] = (200, "opened")
    press(page, "j", key)
    page.wait_for_url("**/open/a")


def test_g_then_a_letter_goes_and_a_late_letter_does_not(stage: Stage) -> None:
    page = stage.show(LIST)
    press(page, "g")
    page.wait_for_timeout(1400)
    press(page, "i")
    assert page.url.endswith("/")
    stage.answers["/inbox"] = (200, "inbox")
    press(page, "g", "i")
    page.wait_for_url("**/inbox")


def test_keys_mean_letters_while_typing_and_escape_ends_it(stage: Stage) -> None:
    page = stage.show(LIST)
    press(page, "/")
    assert page.evaluate("document.activeElement.dataset.act") == "search"
    press(page, *"jax?")
    assert page.input_value("[data-act=search]") == "jax?"
    assert at(page) is None
    press(page, "Escape", "j")
    assert at(page) == "a"


@pytest.mark.parametrize("keys", ["Control+j", "Alt+j", "Meta+j"])
def test_keys_with_modifiers_belong_to_the_browser(stage: Stage, keys: str) -> None:
    page = stage.show(LIST)
    press(page, keys)
    assert at(page) is None


def test_nothing_happens_for_people_who_switched_them_off(stage: Stage) -> None:
    page = stage.show(LIST, attributes='data-shortcuts="off"')
    press(page, "j", "?")
    assert at(page) is None
    assert not page.locator("#keys").is_visible()


def test_the_sheet_opens_closes_and_holds_the_keys_meanwhile(stage: Stage) -> None:
    page = stage.show(LIST)
    press(page, "?")
    assert page.locator("#keys").is_visible()
    press(page, "j")
    assert at(page) is None
    press(page, "Escape", "j")
    assert not page.locator("#keys").is_visible()
    assert at(page) == "a"


def test_enter_on_a_link_follows_the_link(stage: Stage) -> None:
    page = stage.show(LIST)
    press(page, "j")
    page.focus("[data-go]")
    stage.answers["/inbox"] = (200, "inbox")
    press(page, "Enter")
    page.wait_for_url("**/inbox")


def test_no_key_does_anything_before_a_row_is_chosen(stage: Stage) -> None:
    page = stage.show(LIST)
    press(page, "a", "e", "x", "Enter", "Shift+X")
    page.wait_for_timeout(100)
    assert stage.asked == ["GET /"]
    assert selected(page) == ""
