"""Results of jobs as tables, and as files that a spreadsheet opens without running anything."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opsportal.core.errors import NotFoundError

ROWS_SHOWN = 500
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Escape sequences of terminals: CSI, OSC, and the shorter ones.
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")


@dataclass(frozen=True, slots=True)
class Table:
    """A list of objects within a result. ``rows`` hold a value per column, None where an object has none."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    sorted_by: str = ""
    is_descending: bool = False

    @property
    def shown(self) -> Sequence[Sequence[Any]]:
        """The rows that the page shows; the files have all."""
        return self.rows[:ROWS_SHOWN]


def tables_of(result: Mapping[str, Any] | None) -> list[Table]:
    """Return every list of objects in ``result``, also those one level below, such as ``suggestions.duplicates``."""
    return [_table(name, value) for name, value in _lists(result or {})]


def facts_of(result: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    """Return what a result says besides its tables."""
    names = {name.partition(".")[0] for name, _ in _lists(result or {})}
    return [(name, value) for name, value in (result or {}).items() if name not in names]


def table_get(result: Mapping[str, Any] | None, name: str) -> Table:
    """Return one table; raise NotFoundError."""
    found = next((one for one in tables_of(result) if one.name == name), None)
    if found is None:
        raise NotFoundError("The result has no such table.")
    return found


def table_sorted(table: Table, wanted: str) -> Table:
    """Return ``table`` in the order of ``wanted``: ``<table>:<column>``, with ``-`` before the column to turn it round."""
    name, _, column = wanted.partition(":")
    is_descending = column.startswith("-")
    column = column.removeprefix("-")
    if name != table.name or column not in table.columns:
        return table
    at = table.columns.index(column)
    rows = sorted(table.rows, key=lambda row: _sort_key(row[at]), reverse=is_descending)
    return Table(table.name, table.columns, rows, column, is_descending)


def table_csv(table: Table) -> str:
    """Return ``table`` as CSV. A cell that a spreadsheet would compute gets an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([cell_safe(column) for column in table.columns])
    writer.writerows([cell_safe(cell_text(value)) for value in row] for row in table.rows)
    return text.getvalue()


def cell_text(value: Any) -> str:
    """Return a value as one cell: texts as they are, everything else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def cell_safe(text: str) -> str:
    """Return ``text`` so that no spreadsheet takes it for a formula."""
    is_number = re.fullmatch(r"-?\d+(\.\d+)?", text) is not None
    return f"'{text}" if text.startswith(_FORMULA) and not is_number else text


def output_plain(text: str) -> str:
    """Return what a job said without the orders to a terminal in it."""
    return _ANSI.sub("", text).replace("\r\n", "\n").replace("\x1b", "")


def _lists(value: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    for name, inner in value.items():
        if isinstance(inner, list) and inner and all(isinstance(one, dict) and one.keys() != {"b64"} for one in inner):
            yield f"{before}{name}", inner
        elif isinstance(inner, dict) and not before:
            yield from _lists(inner, f"{name}.")


def _table(name: str, objects: Sequence[Mapping[str, Any]]) -> Table:
    columns = list(dict.fromkeys(key for one in objects for key in one))
    return Table(name, columns, [[one.get(column) for column in columns] for one in objects])


def _sort_key(value: Any) -> tuple[int, float, str]:
    """Numbers before texts before nothing."""
    if value is None:
        return 2, 0.0, ""
    if isinstance(value, int | float):
        return 0, float(value), ""
    return 1, 0.0, cell_text(value).casefold()
