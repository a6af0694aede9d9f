"""Read YAML into plain values that remember their lines, and refuse what a registry has no use for.

Only the events of the parser are used: nothing is constructed by tags, and without aliases a
small text cannot grow into a large one. Scalars are read as in YAML 1.2, so ``no``, ``on``
and ``12:30`` are words, not a switch and a number of minutes.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from scenarios.registry.problems import Problem

LARGEST = 2_000_000  # characters
DEEPEST = 24
_CONTENT = (AliasEvent, ScalarEvent, CollectionStartEvent)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffd\ud800-\udfff]")
_WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}

Step = str | int
Path = tuple[Step, ...]


@dataclass(slots=True)
class Document:
    """One file: its ``root`` as plain values, the line of every path, and what was refused."""

    file: str
    root: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """Return the line of ``path``, or of the nearest thing above it that has one."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def refuse(self, path: Path, message: str, line: int | None = None) -> None:
        """Note a problem at ``path``."""
        self.problems.append(Problem(self.file, self.line(path) if line is None else line, path_text(path), message))


def path_text(path: Path) -> str:
    """Return a path as people write it: ``scenarios[3].checks[0].with.url``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def document_read(file: str, text: str) -> Document:
    """Return what ``text`` says. Mistakes are in ``problems``; the rest of the file is read as far as it goes."""
    document = Document(file)
    if len(text) > LARGEST:
        document.refuse((), f"larger than {LARGEST} characters", line=0)
        return document
    if stray := _UNPRINTABLE.search(text.replace("\r\n", "\n")):
        document.refuse(
            (), "not UTF-8 text, or it holds a control character", line=text.count("\n", 0, stray.start()) + 1
        )
        return document
    try:
        _Reader(document, yaml.parse(text, Loader=_LOADER)).read()
    except _TooDeepError as error:
        document.refuse((), f"nested deeper than {DEEPEST} levels", line=error.line)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        document.refuse((), f"not YAML: {error.problem or error.context}", line=mark.line + 1 if mark else 1)
    return document


class _TooDeepError(Exception):
    def __init__(self, line: int) -> None:
        self.line = line


class _Reader:
    """Builds the values of one document from the parser's events (Any: their stubs lack most attributes)."""

    def __init__(self, document: Document, events: Iterator[Any]) -> None:
        self.document = document
        self.events = iter(events)

    def read(self) -> None:
        documents = 0
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._refuse((), "a second document: one file holds one", event)
                    return
            elif isinstance(event, _CONTENT):
                self.document.root = self._value(event, ())

    def _value(self, event: Any, path: Path) -> Any:
        self.document.lines.setdefault(path, event.start_mark.line + 1)
        if isinstance(event, AliasEvent):
            self._refuse(path, f"*{event.anchor}: aliases are not allowed, write the value out", event)
            return None
        if event.anchor is not None:
            self._refuse(path, f"&{event.anchor}: anchors are not allowed, write the value out", event)
        if event.tag is not None:
            self._refuse(path, f"the tag {event.tag} is not allowed", event)
        if isinstance(event, ScalarEvent):
            return self._scalar(event, path)
        if len(path) >= DEEPEST:
            raise _TooDeepError(event.start_mark.line + 1)
        return self._list(path) if isinstance(event, SequenceStartEvent) else self._mapping(path)

    def _scalar(self, event: Any, path: Path) -> Any:
        if _UNPRINTABLE.search(event.value):
            self._refuse(path, "holds a control character", event)
            return None
        return plain_read(event.value) if event.implicit[0] else event.value

    def _list(self, path: Path) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            items.append(self._value(event, (*path, len(items))))
        return items

    def _mapping(self, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            key = event.value if isinstance(event, ScalarEvent) else None
            if key is None or event.tag is not None or event.anchor is not None or key == "<<":
                self._refuse(path, "a key must be a plain word", event)
                self._value(event, path)
                self._value(next(self.events), path)
                continue
            below = (*path, key)
            if key in found:
                self._refuse(below, f"{key!r} stands here twice, first in line {self.document.line(below)}", event)
            self.document.lines[below] = event.start_mark.line + 1
            found[key] = self._value(next(self.events), below)
        return found

    def _refuse(self, path: Path, message: str, event: Any) -> None:
        self.document.refuse(path, message, line=event.start_mark.line + 1)


def plain_read(word: str) -> Any:
    """Return what an unquoted scalar means by YAML 1.2's core rules, without its hexadecimal and octal numbers."""
    if word in _WORDS:
        return _WORDS[word]
    if _INTEGER.match(word):
        return int(word) if len(word) <= 18 else word
    if len(word) <= 40 and _FLOAT.match(word) and isfinite(number := float(word)):
        return number
    return word
