"""A sealed plan is one sequence of bytes."""

import hashlib
import json
from typing import Any

import pytest

from remediation.engine import PlanError, plan_read
from tests.remediation.engine.factories import BUNDLE, EXPIRES, seal

SEALED = seal()
FIELDS: dict[str, Any] = json.loads(SEALED.text)


def test_it_is_exactly_the_documented_json() -> None:
    assert sorted(FIELDS) == [
        "bundle",
        "contract",
        "department",
        "diff",
        "expires_at",
        "institution",
        "nonce",
        "operation",
        "params",
        "preconditions",
        "proposal",
        "target",
        "v",
    ]
    assert json.dumps(FIELDS, sort_keys=True, separators=(",", ":"), ensure_ascii=False) == SEALED.text
    assert hashlib.sha256(SEALED.text.encode()).hexdigest() == SEALED.digest


def test_it_reads_back() -> None:
    plan = plan_read(SEALED.text)
    assert (plan.operation, plan.params, plan.expires_at) == ("files.delete", {"paths": ["a"]}, EXPIRES)
    assert plan.bundle == BUNDLE.digest


def test_the_order_of_keys_does_not_matter() -> None:
    assert seal(params={"a": 1, "b": 2}) == seal(params={"b": 2, "a": 1})


@pytest.mark.parametrize(
    "changes",
    [
        {"params": {"paths": ["b"]}},
        {"params": {"paths": ["a", "a"]}},
        {"department": "other"},
        {"target": "33333333-3333-4333-8333-333333333334"},
        {"proposal": "33333333-3333-4333-8333-333333333334"},
        {"institution": "33333333-3333-4333-8333-333333333334"},
        {"contract": "desk@v1.0.1"},
        {"bundle": "0" * 64},
        {"expires_at": EXPIRES + 1},
        {"nonce": "0" * 32},
        {"diff": []},
        {"preconditions": []},
    ],
)
def test_whoever_changes_one_thing_has_another_plan(changes: dict[str, Any]) -> None:
    assert seal(**changes).digest != SEALED.digest


def test_one_true_and_a_one_are_three_values() -> None:
    assert len({seal(params={"a": value}).digest for value in (1, True, "1")}) == 3


NAMES: list[Any] = ["a", "d/é", ".", {"b64": "/w=="}]
WRONG_NAMES: list[Any] = ["/a", "../a", "a/../b", "a\0", 1, None, {"b64": "YQ=="}, {"b64": "/w"}, {"b64": 1}, {"b": ""}]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_a_text_or_the_bytes_that_are_none(name: Any) -> None:
    sealed = seal(diff=[{"action": "move", "path": name, "to": name}])
    assert plan_read(sealed.text).diff == [{"action": "move", "path": name, "to": name}]


CHANGE: dict[str, Any] = {"action": "delete", "path": "a", "to": None}
STATE: dict[str, Any] = {"path": "a", "kind": "file", "size": 3, "sha256": "cd" * 32}


@pytest.mark.parametrize(
    "changes",
    [
        *({"diff": [CHANGE | {"path": name}]} for name in WRONG_NAMES),
        {"diff": [CHANGE | {"to": "b"}]},
        {"diff": [CHANGE | {"action": "rename"}]},
        {"diff": [CHANGE | {"action": "chmod"}]},
        {"diff": [CHANGE | {"mode": 1}]},
        {"diff": ["a"]},
        {"preconditions": [STATE | {"kind": "absent"}]},
        {"preconditions": [STATE | {"kind": "fifo"}]},
        {"preconditions": [STATE | {"size": True}]},
        {"preconditions": [STATE | {"size": -1}]},
        {"preconditions": [STATE | {"sha256": "CD" * 32}]},
        {"preconditions": [STATE | {"kind": "directory", "size": False, "sha256": ""}]},
        {"params": []},
        {"params": {"a": 1.0}},
        {"params": {"A": 1}},
        {"params": {"a": "\ud800"}},
        {"expires_at": True},
        {"expires_at": "1"},
        {"nonce": "EF" * 16},
        {"nonce": "ef" * 15},
        {"bundle": ""},
        {"institution": "home"},
        {"department": ""},
    ],
)
def test_what_could_not_be_read_is_not_sealed(changes: dict[str, Any]) -> None:
    with pytest.raises(PlanError):
        seal(**changes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "[" * 100_000,
        SEALED.text + " ",
        SEALED.text.replace('"v":1', '"v":1.0'),
        SEALED.text.replace('"v":1', '"v":true'),
        SEALED.text.replace('"v":1', '"v":2'),
        SEALED.text.replace('"v":1', '"v":1,"w":1'),
        SEALED.text.replace('"v":1', '"v":1,"v":1'),
        SEALED.text.replace('"v":1', '"v":' + "1" * 5000),
        SEALED.text.replace(',"v":1', ""),
        SEALED.text.replace('"path":"a"', '"path":"\\u0061"'),
        json.dumps(FIELDS),
    ],
)
def test_only_the_canonical_bytes_are_a_plan(text: str) -> None:
    with pytest.raises(PlanError):
        plan_read(text)
