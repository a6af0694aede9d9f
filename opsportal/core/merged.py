"""Pages over several tables as one list, newest first.

Each table is read along its own key, which only grows. A cursor is a *cut*: for every table a key, older rows
below it, newer ones from it on. So no row is skipped or shown twice, whatever the clocks of the rows say.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from heapq import merge
from typing import Protocol, TypeVar

from opsportal.core.pages import SIZE, Page, cursor_open, cursor_seal

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
Cut = list[int]


class Source(Protocol[R_co]):
    """One table. Keys are whole numbers from 1."""

    def older(self, cut: int | None, limit: int) -> Sequence[tuple[int, R_co]]:
        """Return rows with a key below ``cut`` (None: all), falling, with their keys."""
        ...

    def newer(self, cut: int, limit: int) -> Sequence[tuple[int, R_co]]:
        """Return rows with a key from ``cut`` on, rising, with their keys."""
        ...


def page_merged(
    sources: Sequence[Source[R]], *, at: Callable[[R], datetime], label: str, cursor: str = "", size: int = SIZE
) -> Page[R]:
    """Return a page of ``sources``, merged by ``at``; one query for each source.

    Raises UnparsableError on a cursor that is not of this list.
    """
    opened = cursor_open(cursor, label) if cursor else None
    if opened and opened.is_backward:
        return _newer(sources, at, [int(key) for key in opened.values], label, size)
    return _older(sources, at, [int(key) for key in opened.values] if opened else None, label, size)


def _older(
    sources: Sequence[Source[R]], at: Callable[[R], datetime], cut: Cut | None, label: str, size: int
) -> Page[R]:
    read = [source.older(cut[i] if cut else None, size + 1) for i, source in enumerate(sources)]
    rows = _merged(read, at, is_rising=False)
    shown = rows[:size]
    start = cut or [found[0][0] + 1 if found else 1 for found in read]
    end = [min((key for i, key, _ in shown if i == mine), default=start[mine]) for mine in range(len(sources))]
    return Page(
        items=[row for _, _, row in shown],
        next=cursor_seal(end, label, is_backward=False) if len(rows) > size else None,
        previous=cursor_seal(start, label, is_backward=True) if shown and cut else None,
    )


def _newer(sources: Sequence[Source[R]], at: Callable[[R], datetime], cut: Cut, label: str, size: int) -> Page[R]:
    rows = _merged([source.newer(cut[i], size + 1) for i, source in enumerate(sources)], at, is_rising=True)
    shown = rows[:size]
    end = [max((key + 1 for i, key, _ in shown if i == mine), default=cut[mine]) for mine in range(len(sources))]
    return Page(
        items=[row for _, _, row in reversed(shown)],
        next=cursor_seal(cut, label, is_backward=False) if shown else None,
        previous=cursor_seal(end, label, is_backward=True) if len(rows) > size else None,
    )


def _merged(
    read: Sequence[Sequence[tuple[int, R]]], at: Callable[[R], datetime], *, is_rising: bool
) -> list[tuple[int, int, R]]:
    """Take, again and again, the first row of the source whose first row comes first; of equals, the first source's
    counts as newer."""
    tagged = [[(i, key, row) for key, row in found] for i, found in enumerate(read)]
    if is_rising:
        return list(merge(*reversed(tagged), key=lambda item: at(item[2])))
    return list(merge(*tagged, key=lambda item: at(item[2]), reverse=True))
