"""All scenarios of an institution on one board: what the registry says beside how each one stands.

The registry is in memory and bounds how many there can be, so the board is read whole, in two small
queries, and filtered, counted and ordered here: worst first.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from opsportal.core.facets import Group
from opsportal.core.words import spoken
from scenarios.models import ProbeState, Scenario
from scenarios.registry import Registry, ScenarioSpec, registry_active

DISABLED = "disabled"
ORDER = (
    ProbeState.DOWN.value,
    ProbeState.DEGRADED.value,
    ProbeState.UNKNOWN.value,
    ProbeState.OK.value,
    ProbeState.NOT_CONFIGURED.value,
    DISABLED,
)
"""What a scenario can show, from what needs somebody to what needs nobody."""

_COLUMNS = ("pk", "name", "state", "reason", "cause", "state_since", "last_run_at", "next_due_at", "is_enabled")


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One scenario. ``spec`` is None when this release cannot read what an earlier one accepted."""

    pk: int
    name: str
    state: str
    reason: str
    cause: str
    state_since: datetime | None
    last_run_at: datetime | None
    next_due_at: datetime | None
    is_enabled: bool
    spec: ScenarioSpec | None

    @property
    def title(self) -> str:
        """What people call it, in the language of the reader."""
        return spoken(self.spec.title) if self.spec else self.name

    @property
    def owner(self) -> str:
        """The roster id of the agent that owns it."""
        return self.spec.owner if self.spec else ""

    @property
    def shown_state(self) -> str:
        """Its state, unless nobody looks: then why not."""
        if not self.is_enabled:
            return DISABLED
        return ProbeState.NOT_CONFIGURED if self.missing else self.state

    @property
    def missing(self) -> tuple[str, ...]:
        """The settings that it needs and that are not set."""
        return self.spec.missing if self.spec else ()

    @property
    def is_watched(self) -> bool:
        """True when the next round will look at it."""
        return self.is_enabled and not self.missing


def board_read(registry: Registry | None = None, *, names: Collection[str] | None = None) -> list[BoardRow]:
    """Return every scenario of the institution in scope (or those of ``names``), worst first, then by name."""
    specs = (registry_active() if registry is None else registry).scenarios
    found = Scenario.objects.filter(is_retired=False)
    if names is not None:
        found = found.filter(name__in=names)
    rows = [BoardRow(**values, spec=specs.get(values["name"])) for values in found.values(*_COLUMNS)]
    return sorted(rows, key=lambda row: (ORDER.index(row.shown_state), row.name))


def board_groups(rows: Iterable[BoardRow]) -> list[Group]:
    """Return the rows as the facets count them."""
    return [({"state": row.shown_state, "owner": row.owner}, 1) for row in rows]


def board_search(rows: Sequence[BoardRow], words: str) -> Sequence[BoardRow]:
    """Return the rows whose name or title holds ``words``; all of them for no words."""
    wanted = words.casefold()
    return [row for row in rows if wanted in row.name.casefold() or wanted in row.title.casefold()] if wanted else rows


def board_filter(
    rows: Iterable[BoardRow], *, states: Collection[str] = (), owners: Collection[str] = ()
) -> list[BoardRow]:
    """Return the rows in one of ``states`` that one of ``owners`` owns; an empty filter lets all through."""
    return [row for row in rows if (not states or row.shown_state in states) and (not owners or row.owner in owners)]
