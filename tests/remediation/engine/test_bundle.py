"""A bundle is taken as it was compiled, or not at all."""

from typing import Any

import pytest

from remediation.engine import BundleError, bundle_load
from tests.remediation.engine.factories import BUNDLE, NAMES, bundle_of, contract, operation, param, rule, texts


def test_it_tells_what_the_contract_is() -> None:
    assert (BUNDLE.contract, BUNDLE.name, BUNDLE.version, BUNDLE.department) == ("desk@v1.0.0", "desk", "1.0.0", "desk")
    assert [one.name for one in BUNDLE.operations] == NAMES
    assert BUNDLE.operation("files.shred") is None
    found = BUNDLE.operation("files.delete")
    assert found is not None
    assert found.roles == {"owner"}


def test_its_digest_is_that_of_the_manifest() -> None:
    assert bundle_of(contract()).digest == BUNDLE.digest
    changed = contract()
    changed["policies.json"]["budgets"] = []
    assert bundle_of(changed).digest != BUNDLE.digest


def _load_code(artifacts: dict[str, str]) -> str:
    with pytest.raises(BundleError) as caught:
        bundle_load(artifacts)
    assert caught.value.detail
    return caught.value.code


def test_it_refuses_a_bundle_without_a_manifest() -> None:
    artifacts = texts(contract())
    del artifacts["bundle.manifest.json"]
    assert _load_code(artifacts) == "BUNDLE_MANIFEST_MISSING"


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"contracts": [1], "name": "a", "version": "1"}', "[" * 100_000])
def test_it_refuses_a_manifest_that_is_none(text: str) -> None:
    assert _load_code(texts(contract()) | {"bundle.manifest.json": text}) == "BUNDLE_MANIFEST_INVALID_JSON"


def test_it_refuses_a_bundle_that_promises_another_order_of_gates() -> None:
    assert _load_code(texts(contract(), gate_order=["rbac"])) == "BUNDLE_MANIFEST_INVALID_JSON"


@pytest.mark.parametrize("name", sorted(contract()))
def test_it_notices_one_changed_byte_in_any_artifact(name: str) -> None:
    artifacts = texts(contract())
    assert _load_code(artifacts | {name: artifacts[name] + " "}) == "BUNDLE_CONTRACT_HASH_MISMATCH"


@pytest.mark.parametrize("name", sorted(contract()))
def test_it_notices_a_missing_artifact(name: str) -> None:
    artifacts = texts(contract())
    del artifacts[name]
    assert _load_code(artifacts) == "BUNDLE_CONTRACT_MISSING"


def test_it_refuses_a_manifest_that_leaves_a_needed_artifact_out() -> None:
    rules = contract()
    del rules["sod.json"]
    assert _load_code(texts(rules)) == "BUNDLE_CONTRACT_MISSING"


def test_it_refuses_a_file_that_the_manifest_does_not_know() -> None:
    assert _load_code(texts(contract()) | {"more.json": "{}"}) == "BUNDLE_CONTRACT_HASH_MISMATCH"


def _spoil(name: str, **changes: Any) -> dict[str, Any]:
    rules = contract()
    rules[name] = rules[name] | changes
    return rules


LIST = operation("files.list")
STAGE = {"id": "s", "roles": ["owner"], "quorum": 1}
RULE = {"id": "r", "operations": ["files.list"], "stages": [STAGE], "expires_seconds": 1, "reason": "optional"}
UNREADABLE = {
    "an operation twice": _spoil("operations.json", operations=[LIST, LIST]),
    "an unknown risk": _spoil("operations.json", operations=[LIST | {"risk": "R9"}]),
    "an unknown duty": _spoil("operations.json", operations=[LIST | {"dry_run": "perhaps"}]),
    "an unknown type": _spoil("operations.json", operations=[LIST | {"params": [param("a", "blob")]}]),
    "values of another type": _spoil("operations.json", operations=[LIST | {"params": [param("a", values=[1])]}]),
    "no RE2": _spoil("operations.json", operations=[LIST | {"params": [param("a", matches="(?=a)")]}]),
    "bounds that are no numbers": _spoil("operations.json", operations=[LIST | {"params": [param("a", min="1")]}]),
    "a key that is missing": _spoil("operations.json", operations=[{"name": "files.list"}]),
    "a list that is none": _spoil("rbac.json", actors={}),
    "an unknown rule": _spoil(
        "policies.json", policies=[{"id": "p", "operations": ["files.list"], "rules": [rule("magic", "at", 1)]}]
    ),
    "operations as a text": _spoil("approvals.json", rules=[RULE | {"operations": "files.list"}]),
    "two approval rules of one operation": _spoil("approvals.json", rules=[RULE, RULE]),
    "a stage of nobody": _spoil("approvals.json", rules=[RULE | {"stages": [STAGE | {"quorum": 0}]}]),
    "no stages": _spoil("approvals.json", rules=[RULE | {"stages": []}]),
    "two stages of one name": _spoil("approvals.json", rules=[RULE | {"stages": [STAGE, STAGE]}]),
    "a quorum of true": _spoil("approvals.json", rules=[RULE | {"stages": [STAGE | {"quorum": True}]}]),
    "no expression": _spoil(
        "invariants.json",
        invariants=[
            {"id": "i", "applies_to": "files.list", "when": True, "assert": ["xor"], "severity": "low", "message": ""}
        ],
    ),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_it_refuses_what_it_would_not_understand(name: str) -> None:
    assert _load_code(texts(UNREADABLE[name])) == "BUNDLE_CONTRACT_INVALID_JSON"


def test_it_refuses_an_artifact_that_is_no_json_though_its_hash_is_right() -> None:
    artifacts = texts(contract() | {"rbac.json": "actors"})
    assert _load_code(artifacts) == "BUNDLE_CONTRACT_INVALID_JSON"
