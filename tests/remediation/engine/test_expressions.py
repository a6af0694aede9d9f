"""Expressions answer for every input."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediation.engine.expressions import ExpressionError, expression_compile, values_equal
from tests.remediation.engine.factories import asking

SNAPSHOT = asking(params={"n": 3, "t": "b", "flag": True, "list": ["a", 1], "map": {"x": 1}})
N, T = ["ref", "params.n"], ["ref", "params.t"]
TRUE: list[Any] = [
    True,
    ["==", N, ["lit", 3]],
    ["!=", N, ["lit", True]],
    ["<", N, ["lit", 4]],
    ["<=", N, ["lit", 3]],
    [">", T, ["lit", "a"]],
    [">=", T, ["lit", "b"]],
    ["in", ["lit", "a"], ["ref", "params.list"]],
    ["in", ["ref", "params.t"], ["lit", ["a", "b"]]],
    ["and", ["ref", "params.flag"], True],
    ["or", False, ["ref", "params.flag"]],
    ["not", ["ref", "params.nothing"]],
    ["==", ["ref", "params.nothing"], ["lit", None]],
    ["==", ["ref", "params.map.x"], ["lit", 1]],
    ["==", ["ref", "params.map"], ["lit", {"x": 1}]],
    ["==", ["ref", "requester.id"], ["lit", "user:ana"]],
    ["in", ["lit", "owner"], ["ref", "actor.roles"]],
    ["==", ["ref", "operation"], ["lit", "files.list"]],
    ["ref", "has_reason"],
]
FALSE: list[Any] = [
    False,
    ["==", ["lit", 1], ["lit", True]],
    ["==", ["lit", [1]], ["lit", [True]]],
    ["==", ["ref", "params.map"], ["lit", {"x": True}]],
    ["<", N, T],
    ["<=", ["lit", True], ["lit", True]],
    ["<", ["ref", "params.nothing"], N],
    [">=", ["lit", None], ["lit", None]],
    ["in", ["lit", "a"], ["lit", "abc"]],
    ["in", ["lit", True], ["ref", "params.list"]],
    ["and", True, ["lit", 1]],
    ["or", ["lit", 1], ["lit", "true"]],
    ["not", True],
    ["==", ["ref", "params.n.x"], ["lit", 3]],
    ["==", ["ref", "votes"], ["lit", []]],
    ["==", ["ref", "params.__class__"], ["lit", 3]],
]


@pytest.mark.parametrize("source", TRUE)
def test_it_is_true(source: Any) -> None:
    assert expression_compile(source)(SNAPSHOT) is True


@pytest.mark.parametrize("source", FALSE)
def test_it_is_not_true(source: Any) -> None:
    assert expression_compile(source)(SNAPSHOT) is not True


@pytest.mark.parametrize("source", [None, 1, "x", [], ["and"], ["not"], ["=="], ["ref", 1], ["eval", "1"], [["=="]]])
def test_what_is_no_expression_is_refused(source: Any) -> None:
    with pytest.raises(ExpressionError):
        expression_compile(source)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=5,
)
leaves = st.booleans() | st.tuples(st.just("lit"), json_values).map(list) | st.sampled_from([N, T, ["ref", "x"]])
expressions = st.recursive(
    leaves,
    lambda inner: (
        st.tuples(st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in", "and", "or"]), inner, inner).map(list)
        | st.tuples(st.just("not"), inner).map(list)
    ),
    max_leaves=8,
)


@given(expressions, st.dictionaries(st.sampled_from(["n", "t", "u"]), json_values))
def test_no_expression_raises_for_any_parameters(source: Any, params: Any) -> None:
    expression_compile(source)(asking(params=params))


@given(json_values, json_values)
def test_equality_is_the_same_from_both_sides(left: Any, right: Any) -> None:
    assert values_equal(left, left)
    assert values_equal(left, right) is values_equal(right, left)
