"""When is a problem a problem, and when is it over: the streak of one check. Pure."""

from dataclasses import dataclass, replace
from enum import StrEnum

from scenarios.models import ProbeState

BLIND_AFTER = 3  # looks in a row that saw nothing before people are told


@dataclass(frozen=True, slots=True)
class Streak:
    """Equal looks in a row. All zero is the steady state and needs no row."""

    bad: int = 0
    good: int = 0
    blind: int = 0


STEADY = Streak()


class Verdict(StrEnum):
    """What one more look means."""

    NOTHING = "nothing"
    FAILING = "failing"
    WELL = "well"
    BLIND = "blind"


def streak_next(
    before: Streak, state: str, *, is_suppressed: bool, down_after: int, up_after: int
) -> tuple[Streak, Verdict]:
    """Return the streak after one more look, and what it means.

    ``down`` and ``degraded`` are bad: ``down_after`` of them in a row are a failure. ``ok`` is good:
    ``up_after`` in a row end it. ``unknown`` is neither, and changes neither count; but
    ``BLIND_AFTER`` of them (or ``down_after``, if that is more) mean that nobody is watching.
    A look that is unknown because a parent is dead (``is_suppressed``) means nothing at all.
    """
    if is_suppressed or state == ProbeState.NOT_CONFIGURED:
        return before, Verdict.NOTHING
    if state == ProbeState.OK:
        return _after_good(before, up_after)
    if state == ProbeState.UNKNOWN:
        limit = max(BLIND_AFTER, down_after)
        after = replace(before, blind=min(before.blind + 1, limit))
        return after, Verdict.BLIND if after.blind >= limit else Verdict.NOTHING
    bad = min(before.bad + 1, down_after)
    return Streak(bad=bad), Verdict.FAILING if bad >= down_after else Verdict.NOTHING


def _after_good(before: Streak, up_after: int) -> tuple[Streak, Verdict]:
    if before == STEADY:
        return STEADY, Verdict.NOTHING
    if before.good + 1 >= up_after:
        return STEADY, Verdict.WELL
    return Streak(good=before.good + 1), Verdict.NOTHING
