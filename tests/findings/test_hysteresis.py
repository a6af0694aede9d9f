"""When a problem begins and when it is over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from findings.hysteresis import BLIND_AFTER, STEADY, Streak, Verdict, streak_next

STATES = ["ok", "down", "degraded", "unknown", "not_configured"]


def play(states: list[str], *, down_after: int = 2, up_after: int = 2) -> list[Verdict]:
    streak, verdicts = STEADY, []
    for state in states:
        streak, verdict = streak_next(streak, state, is_suppressed=False, down_after=down_after, up_after=up_after)
        verdicts.append(verdict)
    return verdicts


@pytest.mark.spec("L33")
def test_it_fails_only_after_enough_bad_looks_and_ends_only_after_enough_good_ones() -> None:
    assert play(["down", "down", "down", "ok", "ok"]) == [
        Verdict.NOTHING,
        Verdict.FAILING,
        Verdict.FAILING,
        Verdict.NOTHING,
        Verdict.WELL,
    ]


def test_a_good_look_in_between_begins_the_count_again() -> None:
    assert Verdict.FAILING not in play(["down", "ok", "down", "ok", "down"])


def test_degraded_is_bad_and_counts_with_down() -> None:
    assert play(["degraded", "down"])[-1] == Verdict.FAILING


def test_unknown_neither_counts_nor_interrupts() -> None:
    assert play(["down", "unknown", "down"])[-1] == Verdict.FAILING
    assert play(["down", "down", "ok", "unknown", "ok"])[-1] == Verdict.WELL


def test_seeing_nothing_for_long_is_told() -> None:
    assert play(["unknown"] * BLIND_AFTER) == [Verdict.NOTHING] * (BLIND_AFTER - 1) + [Verdict.BLIND]


@given(st.lists(st.sampled_from(STATES), max_size=40))
def test_a_look_behind_a_dead_parent_changes_nothing(states: list[str]) -> None:
    streak = Streak(bad=1, good=0, blind=2)
    for state in states:
        after, verdict = streak_next(streak, state, is_suppressed=True, down_after=2, up_after=2)
        assert (after, verdict) == (streak, Verdict.NOTHING)


@given(st.lists(st.sampled_from(STATES), max_size=60), st.integers(1, 5), st.integers(1, 5))
def test_counts_never_pass_their_thresholds_and_steady_health_needs_no_row(
    states: list[str], down_after: int, up_after: int
) -> None:
    streak = STEADY
    for state in states:
        streak, _ = streak_next(streak, state, is_suppressed=False, down_after=down_after, up_after=up_after)
        assert streak.bad <= down_after
        assert streak.good < up_after
    for _ in range(up_after):
        streak, _ = streak_next(streak, "ok", is_suppressed=False, down_after=down_after, up_after=up_after)
    assert streak == STEADY
