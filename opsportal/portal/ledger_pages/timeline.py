"""The timeline of the ledger: its filters, and where the subjects of entries are shown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.http import QueryDict
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from agents.chronicle import Line, lines_of
from ledger.models import Entry
from ledger.selectors import EntryFilter
from opsportal.core.errors import InvalidError

_PAGES = {
    "finding": "findings:detail",
    "thread": "agents:thread",
    "run": "scenarios:run",
    "scenario": "scenarios:detail",
}
"""Which page shows a subject, by the noun of its reference."""

FIELDS = ("kind", "case", "actor", "subject", "from", "to")


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the timeline, and the page of what it is about; empty where there is none."""

    line: Line
    subject_url: str


def told(entries: Iterable[Entry], slug: str) -> list[Told]:
    """Return what ``entries`` say, with links into the institution ``slug``; at most one query."""
    return [Told(line, _page_of(line, slug)) for line in lines_of(entries)]


def _page_of(line: Line, slug: str) -> str:
    noun, code = line.subject
    route = _PAGES.get(noun)
    if route is None:
        return ""
    try:
        return reverse(route, args=[slug, code])
    except NoReverseMatch:  # an id of an older form
        return ""


def filter_of(query: QueryDict) -> EntryFilter:
    """Return the filter that the address asks for; raise InvalidError that names the fields that are wrong.

    ``from`` and ``to`` are days or moments in the zone of the reader; a day in ``to`` is included.
    """
    errors: dict[str, list[str]] = {}
    given = {name: query.get(name, "").strip() for name in FIELDS}
    case = _case(given["case"], errors)
    since, until = _moment(given["from"], "from", errors), _moment(given["to"], "to", errors, to_the_end=True)
    if errors:
        raise InvalidError("The filter cannot be read.", errors=errors)
    return EntryFilter(
        kind=given["kind"].upper(), case=case, actor=given["actor"], subject=given["subject"], since=since, until=until
    )


def _case(text: str, errors: dict[str, list[str]]) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        errors["case"] = ["must be a UUID"]
        return None


def _moment(text: str, name: str, errors: dict[str, list[str]], *, to_the_end: bool = False) -> datetime | None:
    if not text:
        return None
    try:
        day = parse_date(text)
        if day is not None:
            return _start_of(day + timedelta(days=1) if to_the_end else day)
        moment = parse_datetime(text)
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        errors[name] = ["must be a day or a moment, such as 2026-03-01 or 2026-03-01T14:30"]
        return None
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


def _start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def chosen_fields(query: QueryDict) -> Sequence[tuple[str, str]]:
    """Return the filters that are set, as they stand in the address."""
    return [(name, value) for name in FIELDS if (value := query.get(name, "").strip())]
