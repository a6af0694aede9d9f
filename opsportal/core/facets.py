"""Filters that live in the address, and how many rows each choice would show.

A page counts its rows once, grouped by every column that it filters by; from these groups each facet
counts its choices among the rows that match all *other* facets, so that no choice promises what it does not show.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.http import QueryDict

_PLACES = ("cursor", "page", "shown")  # where in a list somebody is, which ends with another filter

Group = tuple[Mapping[str, str], int]
"""What the rows of a group have in each filtered column, and how many they are."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet. ``query`` is the address (from ``?`` on) that turns it on or off."""

    value: str
    count: int
    is_chosen: bool
    query: str


def chosen(query: QueryDict, name: str, allowed: Collection[str] | None = None) -> list[str]:
    """Return the values of ``name`` in the address, each once; what is not ``allowed`` is left out."""
    values = dict.fromkeys(value for value in query.getlist(name) if value)
    return [value for value in values if allowed is None or value in allowed]


def choices(
    query: QueryDict,
    name: str,
    groups: Iterable[Group],
    wanted: Mapping[str, Collection[str]],
    *,
    order: Sequence[str] = (),
    one: bool = False,
) -> list[Choice]:
    """Return the choices of the facet ``name``: those that some row has or that are chosen.

    ``wanted`` holds the chosen values of every facet, empty for all. ``order`` names the values in the order in
    which people know them; others follow by their name. With ``one`` a choice replaces the one before.
    """
    others = {other: values for other, values in wanted.items() if other != name and values}
    counts: Counter[str] = Counter()
    for columns, count in groups:
        if all(columns[other] in values for other, values in others.items()):
            counts[columns[name]] += count
    now = wanted.get(name, ())
    known = {value: place for place, value in enumerate(order)}
    shown = sorted({*counts, *now}, key=lambda value: (known.get(value, len(known)), value))
    return [
        Choice(value, counts[value], value in now, toggled(query, name, value, one=one)) for value in shown if value
    ]


def toggled(query: QueryDict, name: str, value: str, *, one: bool = False) -> str:
    """Return the address with ``value`` turned on, or off when it was on; always from the first page on."""
    now = query.getlist(name)
    without = [other for other in now if other != value]
    kept = without if value in now else [value] if one else [*now, value]
    return replaced(query, **{name: kept})


def replaced(query: QueryDict, **changes: Sequence[str]) -> str:
    """Return the address with other values, from the first page on; the other filters stay."""
    changed = query.copy()
    for name in _PLACES:
        changed.pop(name, None)
    for name, values in changes.items():
        changed.setlist(name, list(values))
    return f"?{changed.urlencode()}"
