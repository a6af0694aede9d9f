"""What the looks of one scenario add up to, and whom to blame for what could not be seen. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from opsportal.core.ids import id_ordered
from scenarios.models import ProbeState
from scenarios.probes.base import CheckSpec, Look, Reason
from scenarios.registry.spec import ScenarioSpec

# From worst to best. A look that saw nothing counts as worse than ok: unknown never becomes ok.
_ORDER = (ProbeState.DOWN, ProbeState.DEGRADED, ProbeState.UNKNOWN, ProbeState.OK)
_WELL = (ProbeState.OK, ProbeState.NOT_CONFIGURED)


class Watched(NamedTuple):
    """The standing of a scenario before it was looked at, as the claim read it: a row of the database as it comes."""

    pk: int
    name: str
    state: str
    reason: str
    cause: str


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """One run as it will be written: the looks in the order of the checks, and their sum.

    It took as long as the slowest look: they ran at the same time.
    """

    watched: Watched
    spec: ScenarioSpec
    looks: tuple[tuple[CheckSpec, Look], ...]
    started_at: datetime
    state: ProbeState = ProbeState.UNKNOWN
    reason: str = ""
    cause: str = ""
    duration_ms: int = 0
    code: str = field(default_factory=id_ordered)

    @property
    def is_changed(self) -> bool:
        """True when the standing of the scenario is not what it was."""
        return self.watched[2:] != (self.state, self.reason, self.cause)


def result_of(
    watched: Watched, spec: ScenarioSpec, looks: Sequence[tuple[CheckSpec, Look]], *, at: datetime
) -> ScenarioResult:
    """Return the run that ``looks`` make: its state is that of the worst look."""
    if spec.missing:
        return ScenarioResult(watched, spec, (), at, state=ProbeState.NOT_CONFIGURED, reason=Reason.NOT_CONFIGURED)
    worst = min([look for _, look in looks], key=lambda look: _ORDER.index(look.state))
    slowest = max([look.duration_ms for _, look in looks])
    return ScenarioResult(watched, spec, tuple(looks), at, state=worst.state, reason=worst.reason, duration_ms=slowest)


def parents_first(results: Iterable[ScenarioResult]) -> list[ScenarioResult]:
    """Return ``results`` so that each comes after those it depends on (the registry has no cycles)."""
    by_name = {result.spec.id: result for result in results}
    ordered: dict[str, ScenarioResult] = {}

    def visit(result: ScenarioResult) -> None:
        for parent in result.spec.depends_on:
            if parent in by_name and parent not in ordered:
                visit(by_name[parent])
        ordered.setdefault(result.spec.id, result)

    for result in by_name.values():
        visit(result)
    return list(ordered.values())


def blamed(results: Iterable[ScenarioResult], standing: Mapping[str, Watched]) -> list[ScenarioResult]:
    """Return ``results`` with the children of dead parents made unknown because of them.

    A child that is well stays well. One that is not is ``unknown`` with the cause named, when a
    scenario it depends on is down or is itself unknown because of another: then that root is the
    cause. ``standing`` is the last known state by name, for parents that were not looked at now.
    """
    roots: dict[str, str] = {
        name: before.cause or name
        for name, before in standing.items()
        if before.state == ProbeState.DOWN or before.cause
    }
    judged = []
    for result in parents_first(results):
        roots.pop(result.spec.id, None)
        cause = next((roots[parent] for parent in result.spec.depends_on if parent in roots), "")
        if cause and result.state not in _WELL:
            result = replace(result, state=ProbeState.UNKNOWN, reason=Reason.PARENT_DOWN, cause=cause)  # noqa: PLW2901
        if result.cause or result.state == ProbeState.DOWN:
            roots[result.spec.id] = result.cause or result.spec.id
        judged.append(result)
    return judged
