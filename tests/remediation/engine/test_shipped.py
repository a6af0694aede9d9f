"""The engine takes what the compiler makes, and the contract that comes with the portal means what it says."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from remediation import contracts
from remediation.contracts.compile import contract_compile
from remediation.engine import Bundle, Party, bundle_load, evaluate, params_complete
from tests.remediation.engine.factories import EXPIRES, asking, vote

SOURCE = Path(contracts.__file__).parent / "shipped" / "personal_ops@v1.0.0.idl"
OWNER = Party("human", "user:ana", "ana", ("owner",))
ADMIN = Party("human", "user:bo", "bo", ("executive_admin",))
AGENT = Party("agent", "agent:a", "ana", ("organizational_agent",))


@pytest.fixture(scope="module")
def shipped() -> Bundle:
    return bundle_load(contract_compile(SOURCE.read_text(encoding="utf-8")).artifacts)


def _ask(bundle: Bundle, name: str, params: dict[str, Any], **changes: Any) -> tuple[str, str]:
    operation = bundle.operation(name)
    assert operation is not None
    snapshot = asking(name, department="personal_ops", params=params_complete(operation, params), requester=OWNER)
    decision = evaluate(bundle, replace(snapshot, **changes))
    return decision.effect, decision.code


@pytest.mark.parametrize("requester", [OWNER, ADMIN, AGENT])
@pytest.mark.parametrize("name", ["files.list", "files.scan", "files.suggest"])
def test_looking_is_free(shipped: Bundle, name: str, requester: Party) -> None:
    assert _ask(shipped, name, {}, requester=requester) == ("allowed", "")


CHANGES: dict[str, dict[str, Any]] = {
    "files.rename": {"path": "a", "target": "b"},
    "files.move": {"paths": ["a"], "target": "b"},
    "files.delete": {"paths": ["a"]},
    "files.plan.apply": {"plan_id": "0b0f3f5e-6c1a-4f0e-9a51-6f1f0d6a3c11", "plan_hash": "ab" * 32},
}


@pytest.mark.spec("V28")
@pytest.mark.parametrize("name", CHANGES)
def test_changing_takes_another_persons_vote(shipped: Bundle, name: str) -> None:
    operation = shipped.operation(name)
    assert operation is not None
    assert operation.approval is not None
    stage = operation.approval.stages[0].id
    params = CHANGES[name]
    assert _ask(shipped, name, params) == ("needs_approval", "")
    assert _ask(shipped, name, params, votes=(vote(ADMIN, stage),)) == ("allowed", "")
    assert _ask(shipped, name, params, votes=(vote(OWNER, stage),)) == ("denied", "APPROVAL_SOD_VIOLATION")
    assert _ask(shipped, name, params, votes=(vote(AGENT, stage),)) == ("denied", "APPROVAL_SOD_VIOLATION")
    assert _ask(shipped, name, params, at=EXPIRES) == ("denied", "APPROVAL_EXPIRED")
    assert _ask(shipped, name, params, requester=ADMIN) == ("denied", "RBAC_DENIED")
    assert _ask(shipped, name, params, requester=AGENT) == ("denied", "RBAC_DENIED")
    assert _ask(shipped, name, params, dry_run=None) == ("denied", "DRY_RUN_REQUIRED")


@pytest.mark.parametrize(
    ("name", "params", "code"),
    [
        ("files.delete", {"paths": ["/etc/passwd"]}, "PARAMS_INVALID"),
        ("files.delete", {"paths": ["a\0"]}, "PARAMS_INVALID"),
        ("files.delete", {"paths": []}, "PARAMS_INVALID"),
        ("files.delete", {"paths": ["a"] * 201}, "PARAMS_INVALID"),
        ("files.delete", {"paths": ["."]}, "INVARIANT_VIOLATED"),
        ("files.rename", {"path": "a", "target": "a"}, "INVARIANT_VIOLATED"),
        ("files.move", {"paths": ["a"], "target": "a"}, "INVARIANT_VIOLATED"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anybody_votes(
    shipped: Bundle, name: str, params: dict[str, Any], code: str
) -> None:
    assert _ask(shipped, name, params) == ("denied", code)


def test_a_deletion_needs_a_reason(shipped: Bundle) -> None:
    assert _ask(shipped, "files.delete", {"paths": ["a"]}, has_reason=False) == ("denied", "REASON_REQUIRED")
