"""Pages over several tables."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsportal.core.errors import UnparsableError
from opsportal.core.merged import page_merged
from opsportal.core.pages import Page

Row = tuple[str, int, int]  # table, key, minute
START = datetime(2026, 1, 1, tzinfo=UTC)


class Table:
    """Rows by key; the minutes at which they happened need not rise."""

    def __init__(self, name: str, minutes: Sequence[int]) -> None:
        self.name, self.minutes = name, list(minutes)

    def rows(self) -> list[tuple[int, Row]]:
        return [(key, (self.name, key, minute)) for key, minute in enumerate(self.minutes, start=1)]

    def older(self, cut: int | None, limit: int) -> list[tuple[int, Row]]:
        return [row for row in reversed(self.rows()) if cut is None or row[0] < cut][:limit]

    def newer(self, cut: int, limit: int) -> list[tuple[int, Row]]:
        return [row for row in self.rows() if row[0] >= cut][:limit]


def page(tables: Sequence[Table], cursor: str = "", size: int = 2, label: str = "rows") -> Page[Row]:
    return page_merged(tables, at=lambda row: START + timedelta(minutes=row[2]), label=label, cursor=cursor, size=size)


def walked(tables: Sequence[Table], size: int) -> list[Page[Row]]:
    pages = [page(tables, size=size)]
    while following := pages[-1].next:
        pages.append(page(tables, following, size))
    return pages


def test_rows_come_newest_first_whatever_their_table() -> None:
    rows = page([Table("a", [1, 4]), Table("b", [2, 3, 4])], size=9).items
    assert rows == [("a", 2, 4), ("b", 3, 4), ("b", 2, 3), ("b", 1, 2), ("a", 1, 1)]


@given(
    tables=st.lists(st.lists(st.integers(0, 5), max_size=6), min_size=1, max_size=3),
    size=st.integers(1, 4),
)
def test_each_row_is_shown_once_on_the_way_there_and_back(tables: list[list[int]], size: int) -> None:
    made = [Table(str(index), minutes) for index, minutes in enumerate(tables)]
    pages = walked(made, size)
    shown = [row for one in pages for row in one.items]
    assert sorted(shown) == sorted(row for table in made for _, row in table.rows())
    assert pages[0].previous is None
    if len(pages) > 1:
        back, cursor = list(pages[-1].items), pages[-1].previous
        while cursor:
            one = page(made, cursor, size)
            back, cursor = [*one.items, *back], one.previous
        assert sorted(back) == sorted(shown)


@given(tables=st.lists(st.lists(st.integers(0, 5).map(abs), max_size=6).map(sorted), min_size=1, max_size=3))
def test_with_steady_clocks_the_way_back_shows_the_same_pages(tables: list[list[int]]) -> None:
    made = [Table(str(index), minutes) for index, minutes in enumerate(tables)]
    pages = walked(made, 2)
    for earlier, later in pairwise(pages):
        assert later.previous
        assert page(made, later.previous).items == earlier.items


def test_what_arrives_meanwhile_is_found_by_going_back_even_with_an_older_time() -> None:
    tables = [Table("a", [1, 2, 3]), Table("b", [])]
    second = page(tables, page(tables).next or "")
    tables[0].minutes.append(9)
    tables[1].minutes.append(0)
    newer = page(tables, second.previous or "", size=9)
    assert newer.items == [("a", 4, 9), ("a", 3, 3), ("a", 2, 2), ("b", 1, 0)]


def test_a_cursor_of_another_list_is_refused() -> None:
    tables = [Table("a", [1, 2, 3])]
    with pytest.raises(UnparsableError):
        page(tables, page(tables).next or "", label="others")
