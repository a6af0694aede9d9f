"""Parameters fit their declarations exactly."""

from typing import Any

import pytest

from remediation.engine import params_complete
from remediation.engine.params import params_problem
from remediation.engine.parts import Operation
from tests.remediation.engine.factories import BUNDLE, bundle_of, contract, operation, param


def _operation(*params: dict[str, Any]) -> Operation:
    rules = contract()
    rules["operations.json"]["operations"] = [operation("one", params=list(params))]
    found = bundle_of(rules).operation("one")
    assert found is not None
    return found


UUID = "0b0f3f5e-6c1a-4f0e-9a51-6f1f0d6a3c11"
FITS = [
    (param("a", "text"), "é\n"),
    (param("a", "string", values=["x"]), "x"),
    (param("a", "int", min=1, max=3), 3),
    (param("a", "int", values=[1]), 1),
    (param("a", "bool"), False),
    (param("a", "uuid"), UUID),
    (param("a", "datetime"), "2026-11-29T08:00:00Z"),
    (param("a", "datetime"), "2026-11-29T08:00:00-03:00"),
    (param("a", list=True, max=2), []),
    (param("a", "int", list=True, max=2), [900, 900]),
    (param("a", max_length=2), "éé"),
    (param("a", matches="a+"), "aaa"),
]
MISFITS = [
    (param("a", "text"), 1),
    (param("a", "text"), None),
    (param("a", "text"), "a\0"),
    (param("a", "text"), "\ud800"),
    (param("a", "string", values=["x"]), "X"),
    (param("a", "int"), True),
    (param("a", "int"), 1.0),
    (param("a", "int"), "1"),
    (param("a", "int"), 2**53),
    (param("a", "int", min=1), 0),
    (param("a", "int", max=3), 4),
    (param("a", "int", values=[1]), 2),
    (param("a", "bool"), 0),
    (param("a", "bool"), "false"),
    (param("a", "uuid"), UUID.upper()),
    (param("a", "uuid"), UUID + "\n"),
    (param("a", "datetime"), "2026-11-29"),
    (param("a", "datetime"), "2026-13-29T08:00:00Z"),
    (param("a", "datetime"), "2026-11-29T08:00:00"),
    (param("a", list=True), "a"),
    (param("a", list=True, min=1), []),
    (param("a", list=True, max=2), ["a"] * 3),
    (param("a", list=True), ["a", 1]),
    (param("a", list=True, max_length=1), ["a", "bb"]),
    (param("a", list=True), [["a"]]),
    (param("a", max_length=2), "aaa"),
    (param("a", matches="a+"), "aaa\n"),
    (param("a", matches="a+"), "baaa"),
    (param("a", matches="(a+)+"), "a" * 40 + "b"),
    (param("a"), {"a": 1}),
]


@pytest.mark.parametrize(("declared", "value"), FITS)
def test_what_fits_is_taken(declared: dict[str, Any], value: Any) -> None:
    assert params_problem(_operation(declared), {"a": value}) == ""


@pytest.mark.parametrize(("declared", "value"), MISFITS)
def test_what_does_not_fit_is_refused(declared: dict[str, Any], value: Any) -> None:
    assert params_problem(_operation(declared), {"a": value})


def test_nothing_is_added_and_nothing_required_left_out() -> None:
    declared = _operation(param("a", required=True), param("b"))
    assert "no parameter 'c'" in params_problem(declared, {"a": "x", "c": "y"})
    assert "a is missing" in params_problem(declared, {"b": "x"})
    assert params_problem(declared, {"a": "x"}) == ""


def test_defaults_are_filled_in_and_declared_nulls_left_out() -> None:
    declared = _operation(param("a", default="."), param("b"), param("c", "bool", default=False))
    assert params_complete(declared, {"b": None, "d": None}) == {"a": ".", "c": False, "d": None}
    assert params_complete(declared, {"a": "x"}) == {"a": "x", "c": False}
    assert params_complete(declared, {"a": None}) == {"a": ".", "c": False}


def test_completing_twice_changes_nothing() -> None:
    declared = BUNDLE.operation("files.list")
    assert declared is not None
    once = params_complete(declared, {})
    assert once == {"path": "."}
    assert params_complete(declared, once) == once
