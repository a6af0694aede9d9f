"""Reading a block entry by entry. What is wrong is noted and reading goes on, so that all mistakes are told at once."""

import re
from collections.abc import Iterator

from remediation.contracts.diagnostics import Problems
from remediation.contracts.syntax import (
    Block,
    Entry,
    FieldLine,
    Flag,
    Pair,
    TransitionBlock,
    Value,
    Word,
)

SLUG = re.compile(r"[a-z][a-z0-9_]*")
DOTTED = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
LONGEST_NAME = 80


def name_check(word: Word, pattern: re.Pattern[str], problems: Problems) -> Word:
    """Return ``word``; note it when it is no name of the form ``pattern``."""
    if not pattern.fullmatch(word.text) or len(word.text) > LONGEST_NAME:
        form = "letters, digits and `_`" if pattern is LABEL else "lower-case letters, digits and `_`"
        dots = ", in parts joined by dots" if pattern is DOTTED else ""
        message = f"`{word.text[:LONGEST_NAME]}` is no name here: {form}{dots}, at most {LONGEST_NAME}"
        problems.add("NAME_WRONG", word.place, message)
    return word


class Entries:
    """The entries of one block by key. Each is asked for once; ``close`` notes what nobody asked for."""

    def __init__(self, block: Block, problems: Problems) -> None:
        self.block = block
        self.problems = problems
        self._pairs: dict[str, Pair | Block] = {}
        self._known: list[str] = []
        self._left: list[Entry] = []
        for entry in block.entries:
            if isinstance(entry, Pair):
                self._keep(entry.key, entry)
            elif isinstance(entry, Block) and entry.is_map:
                self._keep(entry.keyword, entry)
            else:
                self._left.append(entry)

    def _keep(self, key: Word, entry: Pair | Block) -> None:
        if key.text in self._pairs:
            message = f"`{key.text}` stands twice in `{self.block.keyword.text}`"
            self.problems.add("KEY_TWICE", key.place, message)
        else:
            self._pairs[key.text] = entry

    def take(self, key: str, *, needed: bool = False) -> Pair | Block | None:
        """Return what stands at ``key``, once; note it when it is needed and missing."""
        self._known.append(key)
        found = self._pairs.pop(key, None)
        if found is None and needed:
            self.problems.add("KEY_MISSING", self.block.place, f"`{self.block.keyword.text}` needs `{key}`")
        return found

    def value(self, key: str, *, needed: bool = False) -> Value | None:
        """Return the value at ``key``."""
        found = self.take(key, needed=needed)
        if isinstance(found, Block):
            self.problems.add("VALUE_WRONG", found.place, f"`{key}` is a value, not a block")
            return None
        return found.value if found else None

    def map(self, key: str, *, needed: bool = False) -> Block | None:
        """Return the block at ``key``, which is written ``key: {…}`` or ``key {…}``."""
        self._known.append(key)
        plain = next((entry for entry in self._left if isinstance(entry, Block) and _is_plain(entry, key)), None)
        if plain and key not in self._pairs:
            self._left.remove(plain)
            return plain
        found = self.take(key, needed=needed)
        if isinstance(found, Pair):
            self.problems.add("VALUE_WRONG", found.place, f"`{key}` is a block: `{key}: {{…}}`")
            return None
        return found

    def blocks(self, *keywords: str) -> Iterator[Block]:
        """Yield the blocks that begin with one of ``keywords``."""
        self._known += [f"{keyword} {{…}}" for keyword in keywords]
        for entry in [entry for entry in self._left if isinstance(entry, Block)]:
            if entry.keyword.text in keywords:
                self._left.remove(entry)
                yield entry

    def fields(self) -> Iterator[FieldLine]:
        """Yield the lines that begin with ``field``."""
        self._known.append("field")
        for entry in [entry for entry in self._left if isinstance(entry, FieldLine)]:
            self._left.remove(entry)
            yield entry

    def transitions(self) -> Iterator[TransitionBlock]:
        """Yield the transitions of a workflow."""
        self._known.append("transition")
        for entry in [entry for entry in self._left if isinstance(entry, TransitionBlock)]:
            self._left.remove(entry)
            yield entry

    def flag(self, name: str) -> bool:
        """Return whether the bare word stands in the block."""
        self._known.append(name)
        found = [entry for entry in self._left if isinstance(entry, Flag) and entry.word.text == name]
        for entry in found:
            self._left.remove(entry)
        return bool(found)

    def close(self) -> None:
        """Note every entry that nobody asked for."""
        known = f"it knows {', '.join(dict.fromkeys(self._known))}" if self._known else "it is empty"
        inside = f"in `{self.block.keyword.text}`"
        for key, entry in self._pairs.items():
            self.problems.add("KEY_UNKNOWN", entry.place, f"there is no `{key}` {inside}: {known}")
        for left in self._left:
            word = left.keyword.text if isinstance(left, Block) else type(left).__name__.removesuffix("Line").lower()
            self.problems.add("BLOCK_UNKNOWN", left.place, f"`{word}` does not stand {inside}: {known}")


def named(block: Block, pattern: re.Pattern[str], problems: Problems, *, on: bool = False) -> Word:
    """Return the name of a block such as ``rule x {``; note a missing or wrong name, or an ``on`` too many."""
    if block.name is None:
        problems.add(
            "BLOCK_UNKNOWN", block.place, f"`{block.keyword.text}` needs a name: `{block.keyword.text} name {{`"
        )
        return Word("", block.place)
    if block.subject and not on:
        problems.add("BLOCK_UNKNOWN", block.subject.place, f"`{block.keyword.text}` has no `on`")
    return name_check(block.name, pattern, problems)


def _is_plain(block: Block, key: str) -> bool:
    return block.keyword.text == key and block.name is None and block.subject is None
