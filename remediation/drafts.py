"""A contract that is being written: what is wrong on which line, and how it differs from the one in force."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from remediation.contracts.compile import contract_compile
from remediation.contracts.diagnostics import ContractError, Diagnostic

CONTEXT = 3
AROUND = 2  # lines shown above and below one with a mistake


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """A line of the text with what is wrong in it. A gap stands before it when lines were left out."""

    number: int
    text: str
    errors: Sequence[Diagnostic] = ()
    has_gap: bool = False


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of a comparison. ``sign`` is +, -, a space, or @ where lines were left out."""

    sign: str
    text: str


def errors_of(source: str) -> Sequence[Diagnostic]:
    """Return everything that is wrong with ``source``; nothing when it compiles."""
    try:
        contract_compile(source)
    except ContractError as error:
        return error.diagnostics
    return ()


def lines_marked(source: str, errors: Sequence[Diagnostic]) -> list[MarkedLine]:
    """Return the lines with mistakes and those around them, each with what is wrong in it."""
    lines = source.replace("\r\n", "\n").split("\n")
    near = {number for error in errors for number in range(error.line - AROUND, error.line + AROUND + 1)} & set(
        range(1, len(lines) + 1)
    )
    shown: list[MarkedLine] = []
    for number in sorted(near):
        has_gap = bool(shown) and shown[-1].number != number - 1
        here = tuple(error for error in errors if error.line == number)
        shown.append(MarkedLine(number, lines[number - 1], here, has_gap))
    return shown


def diff_lines(before: str, after: str) -> list[DiffLine]:
    """Return how ``after`` differs from ``before``, with a few lines around each change; nothing for the same text."""
    found = difflib.unified_diff(before.split("\n"), after.split("\n"), lineterm="", n=CONTEXT)
    return [DiffLine(line[:1], line if line.startswith("@") else line[1:]) for line in list(found)[2:]]
