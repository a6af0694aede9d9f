"""The written form of a contract as values: blocks, entries and expressions, each with its place in the text."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from remediation.contracts.diagnostics import Place


@dataclass(frozen=True, slots=True)
class Word:
    """A bare word, dotted or not: a name, a reference, one of a list of choices."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Text:
    """A text in quotes, with its escapes resolved."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written; only integers reach an artifact as numbers."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Span:
    """A duration (``72h``), a time of day (``22:00``) or a date (``2026-01-31``); ``kind`` tells which."""

    kind: str
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Listing:
    """``[a, b]``"""

    items: tuple["Value", ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Call:
    """``set_state(done)`` or ``history(request).actors``"""

    word: Word
    arguments: tuple["Value", ...]
    attribute: str
    place: Place


@dataclass(frozen=True, slots=True)
class Operation:
    """An expression: ``operator`` with two parts, ``not`` with one, ``and`` and ``or`` with two or more."""

    operator: str
    parts: tuple["Value", ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Clause:
    """``<action> when <condition>``"""

    action: "Value"
    condition: "Value"
    place: Place


@dataclass(frozen=True, slots=True)
class Tagged:
    """``api "POST /path"``"""

    word: Word
    text: Text
    place: Place


@dataclass(frozen=True, slots=True)
class Modifier:
    """``required`` or ``max(5)``"""

    word: Word
    arguments: tuple["Word | Text | Number", ...]


@dataclass(frozen=True, slots=True)
class FieldLine:
    """``field name: type modifier…``; ``type`` is the item's for a list."""

    name: Word
    type: Word
    is_list: bool
    modifiers: tuple[Modifier, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Pair:
    """``key: value``"""

    key: Word
    value: "Value"
    place: Place


@dataclass(frozen=True, slots=True)
class Flag:
    """A bare ``initial`` or ``terminal``."""

    word: Word
    place: Place


@dataclass(frozen=True, slots=True)
class Block:
    """``keyword name on subject { entries }``. A map (``key: { entries }``) is one of which ``is_map``."""

    keyword: Word
    name: Word | None
    subject: Word | None
    entries: tuple["Entry", ...]
    place: Place
    is_map: bool = False
    opened: int = 0  # where the entries begin


@dataclass(frozen=True, slots=True)
class TransitionBlock:
    """``transition name: source -> target { entries }``"""

    name: Word
    source: Word
    target: Word
    body: Block
    place: Place


Value: TypeAlias = Word | Text | Number | Span | Listing | Call | Operation | Clause | Tagged
Entry: TypeAlias = Pair | Block | FieldLine | TransitionBlock | Flag


@dataclass(frozen=True, slots=True)
class Document:
    """A whole text: its sections and its comments, both in their order."""

    text: str
    sections: tuple[Block, ...]
    comments: tuple[Text, ...]  # without the slashes


def words_within(value: Value) -> Iterator[Word]:
    """Yield every bare word of an expression, from left to right."""
    match value:
        case Word():
            yield value
        case Listing(items=parts) | Operation(parts=parts):
            for part in parts:
                yield from words_within(part)
        case Call(arguments=parts):
            for part in parts:
                yield from words_within(part)
        case _:
            return
