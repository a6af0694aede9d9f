"""Token buckets."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsportal.core.limits import Buckets, Rate

RATE = Rate(per_minute=60, burst=3)


def test_a_burst_is_allowed_then_one_a_second() -> None:
    buckets = Buckets()
    assert [buckets.take("a", RATE, now=0) for _ in range(4)] == [0, 0, 0, 1]
    assert buckets.take("a", RATE, now=0.25) == 0.75
    assert [buckets.take("a", RATE, now=1) for _ in range(2)] == [0, 1]


def test_callers_do_not_share() -> None:
    buckets = Buckets()
    for _ in range(4):
        buckets.take("a", RATE, now=0)
    assert buckets.take("b", RATE, now=0) == 0


def test_idleness_saves_up_no_more_than_a_burst() -> None:
    buckets = Buckets()
    buckets.take("a", RATE, now=0)
    assert [buckets.take("a", RATE, now=10_000) for _ in range(4)] == [0, 0, 0, 1]


def test_a_clock_that_steps_back_takes_nothing_away() -> None:
    buckets = Buckets()
    buckets.take("a", RATE, now=100)
    assert buckets.take("a", RATE, now=50) == 0


def test_memory_is_bounded() -> None:
    buckets = Buckets(most=10)
    for number in range(1000):
        buckets.take(str(number), RATE, now=0)
    assert len(buckets._left) == 10


@given(gaps=st.lists(st.floats(0, 5), min_size=1, max_size=200), processes=st.integers(1, 4))
def test_no_window_ever_allows_more_than_burst_and_rate(gaps: list[float], processes: int) -> None:
    buckets, now, allowed = Buckets(), 0.0, 0
    rate = Rate(per_minute=60, burst=12).shared_by(processes)
    for gap in gaps:
        now += gap
        allowed += buckets.take("a", rate, now=now) == 0
    assert allowed <= rate.burst + now * rate.per_minute / 60 + 1e-3


def test_threads_take_no_request_twice() -> None:
    buckets, rate = Buckets(), Rate(per_minute=1e-6, burst=500)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: buckets.take("a", rate, now=0) == 0, range(2000)))
    assert sum(taken) == 500


@pytest.mark.parametrize("processes", [1, 2, 7, 64])
def test_processes_together_allow_no_more_than_one(processes: int) -> None:
    part = Rate.of(1200).shared_by(processes)
    assert part.per_minute * processes == pytest.approx(1200)
    assert part.burst * processes <= max(200, processes)
