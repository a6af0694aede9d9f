"""The dead-man's switch."""

from datetime import timedelta
from typing import Any

import pytest

from scenarios.models import ProbeState
from tests.scenarios.probes.looking import NOW, context_of, look_at, must, verdict

NIGHTLY: dict[str, Any] = {"name": "backup", "interval_seconds": 3600, "grace_seconds": 300}


@pytest.mark.parametrize(
    ("age_seconds", "expected"),
    [(0, ("ok", "ok")), (3900, ("ok", "ok")), (3901, ("down", "condition_failed"))],
)
def test_a_ping_lasts_for_interval_and_grace(age_seconds: int, expected: tuple[str, str]) -> None:
    context = context_of(heartbeats={"backup": NOW - timedelta(seconds=age_seconds)})
    look = look_at("heartbeat", context=context, **NIGHTLY)
    assert verdict(look) == expected
    assert look.measured["age_seconds"] == age_seconds
    assert look.expected == {"age_seconds": "<= 3900"}


def test_grace_is_a_minute_unless_said() -> None:
    context = context_of(heartbeats={"backup": NOW - timedelta(seconds=61)})
    assert look_at("heartbeat", context=context, name="backup", interval_seconds=1).state == "ok"
    context = context_of(heartbeats={"backup": NOW - timedelta(seconds=62)})
    assert look_at("heartbeat", context=context, name="backup", interval_seconds=1).state == "down"


@pytest.mark.parametrize(
    ("waiting_seconds", "expected"),
    [(0, ("unknown", "no_data")), (3900, ("unknown", "no_data")), (3901, ("down", "missing"))],
)
def test_never_pinged_is_not_yet_a_failure_until_the_first_is_overdue(
    waiting_seconds: int, expected: tuple[str, str]
) -> None:
    context = context_of(
        heartbeats={"backup": None}, heartbeats_since={"backup": NOW - timedelta(seconds=waiting_seconds)}
    )
    assert verdict(look_at("heartbeat", context=context, **NIGHTLY)) == expected


def test_a_heartbeat_nobody_set_up_is_unknown() -> None:
    assert verdict(look_at("heartbeat", **NIGHTLY)) == ("unknown", "no_data")


def test_a_condition_can_warn_before_it_is_overdue() -> None:
    context = context_of(heartbeats={"backup": NOW - timedelta(seconds=3700)})
    late = must("age_seconds", "<=", 3600, ProbeState.DEGRADED)
    assert verdict(look_at("heartbeat", late, context=context, **NIGHTLY)) == ("degraded", "condition_failed")
