"""Conditions are data; missing data is unknown, never ok and never down."""

import json
from typing import Any

import pytest

from scenarios.models import ProbeState
from scenarios.probes.base import Look
from scenarios.probes.conditions import ABSENT, condition_problems, condition_state, judge
from scenarios.probes.kinds import probe_for
from tests.scenarios.probes.looking import check_of, must

OK, DOWN, UNKNOWN, DEGRADED = ProbeState.OK, ProbeState.DOWN, ProbeState.UNKNOWN, ProbeState.DEGRADED


def judged(measured: dict[str, Any], *conditions: Any, **options: Any) -> Look:
    return judge(check_of("self", *conditions), measured, started=10.0, now=10.25, **options)


@pytest.mark.parametrize(
    ("measured", "op", "value", "state"),
    [
        (3, "==", 3, OK),
        (3, "==", 4, DOWN),
        ("3", "==", 3, OK),
        ("03x", "==", 3, DOWN),
        (True, "==", True, OK),
        (True, "==", 1, DOWN),
        (1, "==", True, DOWN),
        (None, "==", None, OK),
        ("x", "!=", "y", OK),
        ("x", "!=", "x", DOWN),
        (2, "<", 3, OK),
        (3, "<", 3, DOWN),
        (3, "<=", 3, OK),
        ("4.5", ">", 4, OK),
        (4, ">=", 5, DOWN),
        (200, "in", [200, 204], OK),
        ("200", "in", [200], OK),
        (500, "in", [200, 204], DOWN),
        (500, "not_in", [500], DOWN),
        (200, "not_in", [500], OK),
        ("all systems go", "contains", "go", OK),
        (["a", "b"], "contains", "b", OK),
        ({"a": 1}, "contains", "a", OK),
        ("all systems go", "contains", "stop", DOWN),
        ("all systems go", "not_contains", "stop", OK),
        (["a"], "not_contains", "a", DOWN),
        ("v1.2.3", "matches", r"^v1\.\d+", OK),
        ("v2.0.0", "matches", r"^v1\.\d+", DOWN),
        ("anything", "exists", True, OK),
        ("anything", "exists", False, DOWN),
        (ABSENT, "exists", True, DOWN),
        (ABSENT, "exists", False, OK),
    ],
)
def test_an_operator_says(measured: Any, op: str, value: Any, state: ProbeState) -> None:
    assert condition_state(must("m", op, value), {"m": measured}) is state


@pytest.mark.parametrize(
    "op", ["==", "!=", "<", "<=", ">", ">=", "in", "not_in", "contains", "not_contains", "matches"]
)
def test_what_was_not_measured_is_unknown_under_every_operator(op: str) -> None:
    value: Any = [1] if op.endswith("in") else "1" if op == "matches" else 1
    assert condition_state(must("m", op, value), {}) is UNKNOWN
    assert condition_state(must("m", op, value), {"m": ABSENT}) is UNKNOWN


def test_existence_of_what_nobody_could_look_for_is_unknown() -> None:
    assert condition_state(must("m", "exists", True), {}) is UNKNOWN
    assert condition_state(must("m", "exists", False), {}) is UNKNOWN


@pytest.mark.parametrize("measured", ["soon", None, True, [1], {"a": 1}, float("nan"), "nan"])
def test_what_is_no_number_cannot_be_too_small_or_large_enough(measured: Any) -> None:
    assert condition_state(must("m", "<", 5), {"m": measured}) is UNKNOWN
    assert condition_state(must("m", ">=", 5), {"m": measured}) is UNKNOWN


def test_a_number_contains_nothing_and_a_list_matches_no_pattern() -> None:
    assert condition_state(must("m", "contains", 1), {"m": 12}) is UNKNOWN
    assert condition_state(must("m", "matches", "1"), {"m": [1]}) is UNKNOWN


def test_the_worst_state_wins_and_the_failing_measure_is_shown_first() -> None:
    conditions = (must("a", "<", 10, DEGRADED), must("b", "<", 10), must("missing", "==", 1))
    look = judged({"a": 50, "b": 50}, *conditions)
    assert (look.state, look.reason, look.duration_ms) == (DOWN, "condition_failed", 250)
    look = judged({"z": 0, "a": 50, "b": 5}, must("z", "==", 0), *conditions)
    assert (look.state, look.reason) == (DEGRADED, "condition_failed")
    assert list(look.measured) == ["a", "z", "b"]
    look = judged({"a": 5, "b": 5}, *conditions)
    assert (look.state, look.reason) == (UNKNOWN, "no_data")


def test_a_failure_beyond_doubt_is_not_hidden_by_missing_data() -> None:
    assert judged({"b": 50}, must("missing", "==", 1), must("b", "<", 10)).state is DOWN


def test_what_was_expected_is_said_in_words() -> None:
    look = judged({"s": 204}, must("s", ">=", 200), must("s", "<", 300), must("b", "in", ["x", 1]))
    assert look.expected == {"s": ">= 200 and < 300", "b": 'in ["x", 1]'}


def test_without_conditions_an_answer_is_enough() -> None:
    look = judged({"latency_ms": 1.23456}, show=("latency_ms",))
    assert (look.state, look.reason, look.measured) == (OK, "ok", {"latency_ms": 1.235})


def test_evidence_is_short_json_without_secrets() -> None:
    measured = {"a": "x" * 5000, "b": {"token": "s3cret-value"}, "c": ABSENT}
    conditions = (must("a", "==", 1), must("b", "==", 1), must("c", "exists", True))
    look = judged(measured, *conditions, secrets=["s3cret-value"])
    assert look.measured["a"] == "x" * 200 + "…"
    assert "s3cret-value" not in json.dumps(look.measured)
    assert look.measured["c"] is None


def test_a_hostile_pattern_takes_no_time() -> None:
    evil = must("m", "matches", "(a+)+$")
    assert condition_state(evil, {"m": "a" * 100_000 + "!"}) is DOWN


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (must("tick_age", "<", 5), "'tick_age' is nothing that self measures"),
        (must("queue_length", "~", 5), "'~' is not an operator"),
        (must("queue_length", "<", "5"), "< needs a number, not '5'"),
        (must("queue_length", ">", True), "> needs a number, not True"),
        (must("queue_length", "in", 5), "in needs a list, not 5"),
        (must("queue_length", "exists", "yes"), "exists needs true or false"),
        (must("queue_length", "matches", "(?=x)"), "matches needs a regular expression"),
        (must("queue_length", "matches", 5), "matches needs a regular expression"),
        (must("queue_length", "<", 5, OK), "otherwise cannot be"),
    ],
)
def test_a_condition_that_cannot_work_is_refused_in_words(condition: Any, words: str) -> None:
    assert any(words in problem for problem in condition_problems(probe_for("self"), condition))


def test_a_good_condition_has_no_problem() -> None:
    assert condition_problems(probe_for("self"), must("queue_length", "<", 5)) == []
    assert condition_problems(probe_for("host"), must("disk_percent:/", "<", 90)) == []
    assert condition_problems(probe_for("host"), must("disk_percent:", "<", 90)) != []
