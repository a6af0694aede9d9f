"""What looks add up to, and who is to blame."""

import pytest
from django.utils import timezone

from scenarios.models import ProbeState
from scenarios.results import Watched, blamed, result_of
from tests.scenarios.factories import result_make, spec_make


def watched(name: str, state: str = "ok", cause: str = "") -> Watched:
    return Watched(pk=hash(name) % 10_000, name=name, state=state, reason="", cause=cause)


def test_the_worst_look_is_the_state_and_unknown_never_becomes_ok() -> None:
    spec = spec_make(checks=("a", "b"))
    assert result_make(spec, watched("web.shop"), "ok", "unknown").state == ProbeState.UNKNOWN
    assert result_make(spec, watched("web.shop"), "unknown", "down").state == ProbeState.DOWN
    assert result_make(spec, watched("web.shop"), "ok", "degraded").state == ProbeState.DEGRADED


def test_what_is_not_configured_says_so() -> None:
    spec = spec_make(missing=("VM123_IP",))
    assert result_of(watched("web.shop"), spec, [], at=timezone.now()).state == ProbeState.NOT_CONFIGURED


def test_children_of_a_dead_parent_are_unknown_because_of_the_root() -> None:
    router, host, app = (
        spec_make("router"),
        spec_make("host", depends_on=("router",)),
        spec_make("app", depends_on=("host",)),
    )
    standing = {name: watched(name) for name in ("router", "host", "app")}
    results = [result_make(spec, standing[spec.id], "down") for spec in (app, host, router)]
    judged = {result.spec.id: result for result in blamed(results, standing)}
    assert judged["router"].state == ProbeState.DOWN
    assert [(judged[name].state, judged[name].cause) for name in ("host", "app")] == [
        (ProbeState.UNKNOWN, "router"),
        (ProbeState.UNKNOWN, "router"),
    ]


def test_a_child_that_is_well_stays_well() -> None:
    router, host = spec_make("router"), spec_make("host", depends_on=("router",))
    standing = {name: watched(name) for name in ("router", "host")}
    judged = blamed(
        [result_make(router, standing["router"], "down"), result_make(host, standing["host"], "ok")], standing
    )
    assert {result.spec.id: result.state for result in judged}["host"] == ProbeState.OK


@pytest.mark.parametrize("before", ["down", "ok"])
def test_a_parent_that_was_not_looked_at_counts_as_it_last_stood(before: str) -> None:
    host = spec_make("host", depends_on=("router",))
    standing = {"router": watched("router", before), "host": watched("host")}
    (judged,) = blamed([result_make(host, standing["host"], "down")], standing)
    assert judged.cause == ("router" if before == "down" else "")


def test_a_parent_that_came_back_is_not_to_blame() -> None:
    router, host = spec_make("router"), spec_make("host", depends_on=("router",))
    standing = {"router": watched("router", "down"), "host": watched("host", "unknown", "router")}
    judged = blamed(
        [result_make(host, standing["host"], "down"), result_make(router, standing["router"], "ok")], standing
    )
    assert {result.spec.id: result.cause for result in judged} == {"router": "", "host": ""}
