"""The portal looks at itself through facts that were read beforehand."""

from scenarios.models import ProbeState
from tests.scenarios.probes.looking import context_of, look_at, must, verdict


def test_a_fact_is_judged() -> None:
    late = must("tick_age_seconds", "<=", 600)
    assert verdict(look_at("self", late, context=context_of(facts={"tick_age_seconds": 12}))) == ("ok", "ok")
    look = look_at("self", late, context=context_of(facts={"tick_age_seconds": 900}))
    assert verdict(look) == ("down", "condition_failed")
    assert (look.measured, look.expected) == ({"tick_age_seconds": 900}, {"tick_age_seconds": "<= 600"})


def test_a_fact_that_could_not_be_read_is_unknown() -> None:
    late = must("tick_age_seconds", "<=", 600)
    assert verdict(look_at("self", late)) == ("unknown", "no_data")
    assert verdict(look_at("self", late, context=context_of(facts={"tick_age_seconds": None}))) == (
        "unknown",
        "no_data",
    )


def test_a_long_queue_can_be_a_warning() -> None:
    busy = must("queue_length", "<", 100, ProbeState.DEGRADED)
    assert look_at("self", busy, context=context_of(facts={"queue_length": 100})).state == "degraded"
