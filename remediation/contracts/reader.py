"""The values of a block's entries: texts, words, numbers, durations, times, dates."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from opsportal.core.canonical import INTEGER_MAX
from remediation.contracts.contract import Words
from remediation.contracts.diagnostics import Place, Problems
from remediation.contracts.entries import Entries
from remediation.contracts.syntax import Listing, Number, Span, Text, Value, Word

LONGEST_TEXT = 500
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
LONGEST_SECONDS = 366 * 86_400


def integer(value: Number, problems: Problems) -> int:
    """Return the number as an int that fits into canonical JSON; 0 and a note when it does not."""
    if len(value.text) > 17 or "." in value.text or abs(int(value.text)) > INTEGER_MAX:
        problems.add("VALUE_WRONG", value.place, f"`{value.text[:40]}` is not a whole number of at most 53 bits")
        return 0
    return int(value.text)


class Reader(Entries):
    """Entries with their values. What is missing or wrong is noted, and something harmless returned in its place."""

    def text(self, key: str, default: str | None = None) -> Text:
        """Return the text in quotes at ``key``; it is needed when there is no default."""
        value = self.value(key, needed=default is None)
        if isinstance(value, Text) and len(value.text) <= LONGEST_TEXT:
            return value
        if value is not None:
            self._wrong(key, value.place, f"a text in quotes of at most {LONGEST_TEXT} characters")
        return Text(default or "", self.block.place)

    def word(self, key: str, *, needed: bool = True) -> Word | None:
        """Return the bare word at ``key``."""
        value = self.value(key, needed=needed)
        if value is None or isinstance(value, Word):
            return value
        self._wrong(key, value.place, "a name without quotes")
        return None

    def choice(self, key: str, choices: Sequence[str], default: str | None = None) -> str:
        """Return the word at ``key``, which is one of ``choices``; it is needed when there is no default."""
        value = self.value(key, needed=default is None)
        if isinstance(value, Word) and value.text in choices:
            return value.text
        if value is not None:
            self._wrong(key, value.place, f"one of {', '.join(choices)}")
        return default or choices[0]

    def words(self, key: str, *, needed: bool = True) -> Words:
        """Return the bare words of the list at ``key``, each once; a needed one is not empty."""
        value = self.value(key, needed=needed)
        items = value.items if isinstance(value, Listing) else ()
        words = tuple(item for item in items if isinstance(item, Word))
        if value is not None and (not isinstance(value, Listing) or len(words) < len(items) or (needed and not words)):
            self._wrong(key, value.place, "a list of names: [one, two]")
        seen: set[str] = set()
        for word in words:
            if word.text in seen:
                self.problems.add("NAME_TWICE", word.place, f"`{word.text}` stands twice in `{key}`")
            seen.add(word.text)
        return words

    def integer(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """Return the number at ``key``, from ``low`` to ``high``; it is needed when there is no default."""
        value = self.value(key, needed=default is None)
        if isinstance(value, Number) and low <= integer(value, self.problems) <= high:
            return int(value.text)
        if value is not None:
            self._wrong(key, value.place, f"a whole number from {low} to {high}")
        return low if default is None else default

    def seconds(self, key: str, default: int | None = None) -> int:
        """Return the duration at ``key`` in seconds; it is needed when there is no default."""
        value = self.value(key, needed=default is None)
        if value is None:
            return default or 1
        seconds = _seconds(value)
        if not 1 <= seconds <= LONGEST_SECONDS:
            message = f"`{key}` is a duration such as 30s, 15m, 72h, 7d or 2w, at most 366d"
            self.problems.add("DURATION_WRONG", value.place, message)
            return 1
        return seconds

    def minute(self, key: str) -> int:
        """Return the time of day at ``key`` in minutes since midnight."""
        value = self.value(key, needed=True)
        if isinstance(value, Span) and value.kind == "time":
            hours, minutes = map(int, value.text.split(":"))
            if hours < 24 and minutes < 60:
                return hours * 60 + minutes
        if value is not None:
            self._wrong(key, value.place, "a time of day such as 22:00")
        return 0

    def instant(self, key: str) -> int | None:
        """Return the date at ``key`` in seconds since 1970, UTC; None when there is none."""
        value = self.value(key)
        if value is None:
            return None
        if isinstance(value, Span) and value.kind == "date":
            try:
                found = datetime.fromisoformat(value.text)
            except ValueError:
                found = None
            if found and found.year >= 1970:
                return int(found.replace(tzinfo=UTC).timestamp())
        self._wrong(key, value.place, "a date such as 2026-01-31 or 2026-01-31T08:00Z")
        return None

    def _wrong(self, key: str, place: Place, wanted: str) -> None:
        self.problems.add("VALUE_WRONG", place, f"`{key}` is {wanted}")


def _seconds(value: Value) -> int:
    if not isinstance(value, Span) or value.kind != "duration" or len(value.text) > 10:
        return 0
    found = re.fullmatch(r"([0-9]+)([smhdw])", value.text)
    return int(found[1]) * SECONDS[found[2]] if found else 0
