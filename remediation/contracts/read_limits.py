"""Reading what holds back or hurries: freeze windows, budgets, emergencies."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from remediation.contracts.contract import Budget, EmergencyClause, Window
from remediation.contracts.diagnostics import Problems
from remediation.contracts.entries import LABEL, named
from remediation.contracts.reader import Reader
from remediation.contracts.syntax import Block

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_COUNT = 1_000_000


def windows_read(section: Block, problems: Problems) -> Iterator[Window]:
    """Yield the windows of the section `freeze`."""
    reader = Reader(section, problems)
    for block in reader.blocks("window"):
        entries = Reader(block, problems)
        yield Window(
            id=named(block, LABEL, problems),
            operations=entries.words("operations"),
            days=_days(entries),
            since=entries.minute("from"),
            until=entries.minute("until"),
            timezone=_timezone(entries),
            message=entries.text("message").text,
        )
        entries.close()
    reader.close()


def _days(entries: Reader) -> tuple[str, ...]:
    words = entries.words("days")
    for word in words:
        if word.text not in DAYS:
            entries.problems.add("VALUE_WRONG", word.place, f"`{word.text}` is no day: {', '.join(DAYS)}")
    named_days = {word.text for word in words}
    return tuple(day for day in DAYS if day in named_days)


def _timezone(entries: Reader) -> str:
    text = entries.text("timezone")
    try:
        ZoneInfo(text.text)
    except (KeyError, ValueError, OSError):  # not found, not a name, a folder
        if text.text or entries.block.place != text.place:
            message = f"`{text.text}` is no time zone such as Europe/Lisbon"
            entries.problems.add("TIMEZONE_UNKNOWN", text.place, message)
    return text.text


def budgets_read(section: Block, problems: Problems) -> Iterator[Budget]:
    """Yield the budgets of the section."""
    reader = Reader(section, problems)
    for block in reader.blocks("budget"):
        entries = Reader(block, problems)
        yield Budget(
            id=named(block, LABEL, problems),
            operations=entries.words("operations"),
            limit=entries.integer("limit", 1, MOST_COUNT),
            seconds=entries.seconds("per"),
            breaker=entries.integer("breaker", 1, MOST_COUNT, 0) or None,
        )
        entries.close()
    reader.close()


def emergencies_read(section: Block, problems: Problems) -> Iterator[EmergencyClause]:
    """Yield the clauses of the section `emergency`."""
    reader = Reader(section, problems)
    for block in reader.blocks("clause"):
        entries = Reader(block, problems)
        yield EmergencyClause(
            id=named(block, LABEL, problems),
            operations=entries.words("operations"),
            roles=entries.words("roles"),
            review_seconds=entries.seconds("review_in"),
        )
        entries.close()
    reader.close()
