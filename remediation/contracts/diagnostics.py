"""What is wrong with a contract, and where."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

MOST_DIAGNOSTICS = 200  # more than anybody reads; a text of another kind has thousands

CODES: Final = {
    "TEXT_TOO_LARGE": "The source is larger than 256 KiB.",
    "CHARACTER_REFUSED": "A control or direction character stands in the text: what people read must be what counts.",
    "NAME_NOT_ASCII": "A name holds a letter that only looks like one of a to z.",
    "NESTING_TOO_DEEP": "Brackets are nested deeper than 16.",
    "SYNTAX": "The text has not the form of a contract.",
    "SECTION_UNKNOWN": "There is no section of this name.",
    "SECTION_MISSING": "`system`, `actors` or `operations` is missing.",
    "BLOCK_UNKNOWN": "A block stands where none of its kind is known, or has no name, or one too many.",
    "KEY_UNKNOWN": "The block knows no such key.",
    "KEY_MISSING": "The block needs this key.",
    "KEY_TWICE": "The key stands twice in one block.",
    "VALUE_WRONG": "The value is of another sort than the key needs, or out of its bounds.",
    "NAME_WRONG": "A name is no slug: lower-case letters, digits and `_`; dots within permissions and operations.",
    "TOO_MANY": "A block holds more than 200 entries, or a list more than 200 items.",
    "NAME_TWICE": "Two things of one kind have the same name.",
    "VERSION_WRONG": "The version is not of the form 1.2.3.",
    "DURATION_WRONG": "A duration is not a number with s, m, h, d or w, or is out of its bounds.",
    "TIMEZONE_UNKNOWN": "The time zone is not in the IANA database.",
    "PATTERN_WRONG": "A pattern is not a regular expression of RE2.",
    "ENTITY_UNKNOWN": "No entity has this name.",
    "ROLE_UNKNOWN": "No actor has this name.",
    "PERMISSION_UNKNOWN": "An actor holds a permission that no operation asks for.",
    "OPERATION_UNKNOWN": "No operation has this name or this endpoint.",
    "RULE_UNKNOWN": "No approval rule has this name.",
    "STATE_UNKNOWN": "A workflow names a state that it does not have, or has not exactly one initial state.",
    "REFERENCE_UNKNOWN": "An expression or a rule refers to something that is not there.",
    "TYPE_MISMATCH": "An expression compares or joins what can't be, or a rule does not fit the type of its field.",
    "FIELD_WRONG": "What a field says of itself does not fit together.",
    "PATH_WRONG": "The path of an endpoint and the fields of its request do not fit.",
    "QUORUM_IMPOSSIBLE": "Nobody could reach this quorum: it is below 1, above 10, or has no roles.",
    "QUORUM_TOO_SMALL": "An R3 operation has fewer than two approvers, and no `quorum_exception` says why.",
    "APPROVAL_MISSING": "An R2 or R3 operation is covered by no approval rule.",
    "APPROVAL_TWICE": "An operation is covered by more than one approval rule.",
    "APPROVER_NOT_HUMAN": "A role that approves, or uses an emergency clause, is not a human actor.",
    "APPROVAL_BY_MACHINE": "A system or external actor may decide on approvals.",
    "DRY_RUN_MISSING": "An R3 operation does not require a dry-run.",
    "REASON_MISSING": "An R3 operation does not require a reason.",
    "IDEMPOTENCY_MISSING": "An R2 or R3 operation does not require idempotency.",
    "SOD_MISSING": "An approval rule has no rule of separation of duties.",
    "SOD_UNKNOWN": "The old form of separation says something else than that requester and decider differ.",
    "MANDATE_MISSING": "An operation is covered by no mandate.",
    "AUTONOMY_MISSING": "An operation has no autonomy rule.",
    "OPERATION_UNREACHABLE": "No actor may do the operation: nobody holds its permission, or no mandate covers who does.",
}


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands: line and column count from 1, ``start`` and ``end`` are offsets into the text."""

    line: int
    column: int
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Diagnostic:
    """One mistake: its code (a key of CODES), a sentence, and where it stands."""

    line: int
    column: int
    code: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message} ({self.code})"


class ContractError(Exception):
    """A contract cannot be used. ``diagnostics`` holds all that is wrong with it, in the order of the text."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(sorted(set(diagnostics)))[:MOST_DIAGNOSTICS]
        super().__init__("\n".join(str(diagnostic) for diagnostic in self.diagnostics))


@dataclass(slots=True)
class Problems:
    """Collects what is wrong, so that all of it is told at once."""

    found: list[Diagnostic] = field(default_factory=list)

    def add(self, code: str, place: Place, message: str) -> None:
        """Note one mistake; ``code`` is a key of CODES."""
        self.found.append(Diagnostic(place.line, place.column, code, message))

    def refuse(self) -> None:
        """Raise ContractError when anything was noted."""
        if self.found:
            raise ContractError(self.found)
