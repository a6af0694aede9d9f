"""What a reconciliation can find, in words, and what follows from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

VERDICTS = ("clean", "unknown", "wrong")
"""From best to worst: all fits; something is not known yet; something does not fit."""

# Section to what one difference in it means for the verdict. What was ordered and never ran is told, and wrong is it not.
SECTIONS: Mapping[str, str] = {
    "orphan": "wrong",
    "unapproved": "wrong",
    "contradiction": "wrong",
    "fork": "wrong",
    "unknown": "unknown",
    "lag": "unknown",
    "silent": "unknown",
    "never_run": "clean",
}

# Code to its section and its sentence.
CODES: "dict[str, tuple[str, _StrPromise]]" = {
    "NOT_ORDERED": ("orphan", _("The journal says that this was begun, and nobody ordered it.")),
    "OTHER_ORDER": ("orphan", _("The journal says that another order was begun than the one that was given.")),
    "NOT_AUTHORISED": ("orphan", _("The journal says that this was begun, and its order lacks the approval.")),
    "BY_HAND": ("orphan", _("Somebody at the machine put files back from its trash by hand.")),
    "KIND_UNKNOWN": ("orphan", _("The journal has a line of a kind that is not known here.")),
    "ORDER_UNKNOWN": ("unapproved", _("The runtime was handed an order that nobody gave.")),
    "ORDER_NOT_IN_LEDGER": ("unapproved", _("There is an order of which the ledger does not tell.")),
    "ORDER_NOT_APPROVED": ("unapproved", _("There is an order without the votes that it needs.")),
    "ORDER_VANISHED": ("contradiction", _("The ledger tells of an order that is not there any more.")),
    "BEGUN_TWICE": ("contradiction", _("The journal says that one order was begun twice.")),
    "BEGUN_AFTER_END": (
        "contradiction",
        _("The journal says that this was begun; the order was never handed out or was over."),
    ),
    "STATUS_NOT_IN_LEDGER": ("contradiction", _("The ledger does not tell of the result that the job has.")),
    "RESULT_CONTRADICTS": ("contradiction", _("The signed result says something else than the journal.")),
    "RESULT_NOT_IN_JOURNAL": ("contradiction", _("There is a signed result of which the journal says nothing.")),
    "LINE_EDITED": ("fork", _("A line of the journal is not the one that was sent.")),
    "HEAD_DIFFERS": ("fork", _("The runtime announces another journal than the one that it has sent.")),
    "JOURNAL_SHORTER": ("fork", _("The runtime's journal has become shorter: rewritten, or restored from a backup.")),
    "OUTCOME_UNKNOWN": ("unknown", _("It was begun and its lease was lost. What became of it is not known.")),
    "OUTCOME_IN_JOURNAL": (
        "unknown",
        _("Its lease was lost. The journal says that it ended; the result has not arrived."),
    ),
    "RESULT_NOT_ARRIVED": ("unknown", _("The journal says that it ended; the result has not arrived.")),
    "JOURNAL_BEHIND": ("lag", _("The runtime has written lines that have not arrived.")),
    "RESULT_AHEAD": ("lag", _("A result has arrived, its line of the journal has not.")),
    "SILENT": ("silent", _("The runtime is not heard. What it does now is not known.")),
    "WAITING": ("never_run", _("Ordered, and waits for its runtime.")),
    "EXPIRED": ("never_run", _("Ordered, and nobody came for it in time.")),
    "CANCELLED": ("never_run", _("Ordered, and cancelled before it began.")),
    "NOT_ORDERED_AFTER_APPROVAL": ("never_run", _("Approved, and never ordered.")),
}
BASIS = _(
    "Every line of every runtime's journal that has arrived was held against the orders, the approvals and the "
    "ledger, and every order against the journals. Who agreed was read from the ledger, not from the tables."
)
LIMIT = _(
    "This proves what went through the governed channel. Somebody with a root shell on the machine can act "
    "outside of it, and can keep what is done there out of the journal."
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not fit, or is not known, and where."""

    code: str
    runtime: UUID | None = None
    job: UUID | None = None
    case: UUID | None = None
    line: int | None = None
    count: int | None = None

    @property
    def section(self) -> str:
        """The kind of difference that it is."""
        return CODES[self.code][0]

    @property
    def message(self) -> str:
        """What it is, in the language of the reader."""
        return str(CODES[self.code][1])


@dataclass(frozen=True, slots=True)
class Counts:
    """How much was looked at."""

    runtimes: int
    lines: int
    executions: int
    orders: int
    entries: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What was found at one moment in one institution."""

    at: datetime
    counts: Counts
    differences: Sequence[Difference]
    names: Mapping[UUID, str] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """The worst that a difference means."""
        found = {SECTIONS[one.section] for one in self.differences}
        return max({*found, "clean"}, key=VERDICTS.index)

    @property
    def basis(self) -> str:
        """How it was computed."""
        return str(BASIS)

    @property
    def limit(self) -> str:
        """What it cannot prove."""
        return str(LIMIT)

    def of(self, section: str) -> list[Difference]:
        """Return the differences of one section."""
        return [one for one in self.differences if one.section == section]
