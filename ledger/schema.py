"""The words in which a kind of entry says what its ``data`` may hold.

Only ids, codes, enumerated words, integers and digests can be expressed: an entry can never be
erased, so nothing about a person may stand in it. Free text and names go into ``private``.
"""

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from opsportal.core.canonical import INTEGER_MAX, Json, canonical_encode

DATA_MAX_LENGTH = 16_384


class EntryRefusedError(ValueError):
    """The entry does not fit the schema of its kind. A fault of the program, never of a user."""


@dataclass(frozen=True, slots=True)
class Field:
    """One value: what it is in words, and how a given object becomes its JSON value (or ValueError)."""

    words: str
    clean: Callable[[object], Json]
    is_required: bool = True


Schema = Mapping[str, Field]


def _matching(words: str, pattern: str) -> Field:
    compiled = re.compile(pattern, re.ASCII)

    def clean(value: object) -> Json:
        text = str(value) if isinstance(value, str | uuid.UUID) else ""
        if not compiled.fullmatch(text):
            raise ValueError
        return text

    return Field(words, clean)


def _whole(words: str, minimum: int) -> Field:
    def clean(value: object) -> Json:
        if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= INTEGER_MAX:
            raise ValueError
        return int(value)

    return Field(words, clean)


def _truth(value: object) -> Json:
    if not isinstance(value, bool):
        raise ValueError
    return value


UUID = _matching("a UUID", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DIGEST = _matching("a SHA-256 in lower-case hexadecimal", r"[0-9a-f]{64}")
CODE = _matching("a code: letters, digits and . _ : / + - , at most 80", r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,79}")
CONTRACT = _matching("a contract such as personal_ops@v1.0.0", r"[a-z][a-z0-9_]{0,39}@v\d{1,9}(\.\d{1,9}){2}")
COUNT = _whole("a whole number from 0", 0)
INTEGER = _whole("a whole number", -INTEGER_MAX)
FLAG = Field("true or false", _truth)


def one_of(*words: str) -> Field:
    """Return a field that holds one of ``words``."""

    def clean(value: object) -> Json:
        if not isinstance(value, str) or value not in words:
            raise ValueError
        return str(value)

    return Field(f"one of {', '.join(words)}", clean)


def many(field: Field) -> Field:
    """Return a field that holds a list of ``field``."""

    def clean(value: object) -> Json:
        if not isinstance(value, list | tuple):
            raise ValueError
        return [field.clean(item) for item in value]

    return Field(f"a list, each {field.words}", clean)


def tally(*words: str) -> Field:
    """Return a field that holds an object from some of ``words`` to how many."""

    def clean(value: object) -> Json:
        if not isinstance(value, Mapping) or not set(value) <= set(words):
            raise ValueError
        return {str(word): COUNT.clean(number) for word, number in value.items()}

    return Field(f"how many of each of {', '.join(words)}", clean)


def optional(field: Field) -> Field:
    """Return the same field; it may be left out or be null."""

    def clean(value: object) -> Json:
        return None if value is None else field.clean(value)

    return Field(f"{field.words}, or null", clean, is_required=False)


# What every kind may carry besides its own fields. ``roles`` are those that counted when the act was allowed.
COMMON: Schema = {
    "roles": optional(many(CODE)),
    "on_behalf_of": optional(CODE),
    "request_id": optional(UUID),
    "commit": optional(DIGEST),
}


def data_text(name: str, schema: Schema, data: Mapping[str, object]) -> str:
    """Return the canonical text of ``data`` for an entry of kind ``name``; raise EntryRefusedError on any misfit."""
    allowed = {**COMMON, **schema}
    if unknown := data.keys() - allowed.keys():
        raise EntryRefusedError(f"{name}: data may not hold {', '.join(sorted(unknown))}")
    if missing := {key for key, field in schema.items() if field.is_required} - data.keys():
        raise EntryRefusedError(f"{name}: data must hold {', '.join(sorted(missing))}")
    cleaned: dict[str, Json] = {}
    for key, value in data.items():
        try:
            cleaned[key] = allowed[key].clean(value)
        except ValueError:
            raise EntryRefusedError(f"{name}: {key} must be {allowed[key].words}") from None
    text = canonical_encode(cleaned)
    if len(text) > DATA_MAX_LENGTH:
        raise EntryRefusedError(f"{name}: data is longer than {DATA_MAX_LENGTH} characters")
    return text
