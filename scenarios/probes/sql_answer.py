"""What asking a database gives, or why it gives nothing."""

from dataclasses import dataclass
from typing import Any

from scenarios.models import ProbeState
from scenarios.probes.base import Reason

ROWS = 1000


@dataclass(frozen=True, slots=True)
class Answer:
    """The names of the columns, and at most ROWS rows."""

    columns: list[str]
    rows: list[tuple[Any, ...]]


class SqlError(Exception):
    """The query was not answered; ``state`` and ``reason`` say whose fault that is."""

    def __init__(self, text: str, state: ProbeState, reason: Reason) -> None:
        super().__init__(text.strip())
        self.state = state
        self.reason = reason
