"""Orders that are not what they must be: each is refused by its name, signed, and nothing happens."""

import base64
import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fake_portal import FakePortal, canonical
from lab import Lab

from ops_runtime.config import Limits
from ops_runtime.machine import Machine

Payload = dict[str, Any]
OTHER = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def order(lab: Lab) -> Payload:
    """A good order to delete a file."""
    (lab.root / "file").write_text("content")
    return lab.sealed("files.delete", paths=["file"])


def refused(lab: Lab, payload: Payload, envelope: dict[str, Any] | None = None) -> str:
    """Send an order, check that it was refused without any effect, and return the code."""
    before = lab.tree()
    result = lab.do(payload, envelope)
    assert (result["status"], result["exit_code"], result["result"]) == ("refused", 2, {})
    assert lab.tree() == before
    assert not any(json.loads(line)["kind"] == "begun" for line in lab.portal.journal)
    return str(result["code"])


def plan_changed(payload: Payload, **changes: Any) -> Payload:
    """Return the order with another plan, its digest made to fit."""
    text = canonical(json.loads(payload["plan"]) | changes).decode()
    return payload | {"plan": text, "plan_digest": hashlib.sha256(text.encode()).hexdigest()}


FIELDS: dict[str, tuple[Payload, str]] = {
    "another machine": ({"runtime": OTHER}, "RUNTIME_MISMATCH"),
    "another institution": ({"institution": OTHER}, "INSTITUTION_MISMATCH"),
    "another department": ({"department": "finance"}, "DEPARTMENT_MISMATCH"),
    "another contract": ({"contract": "finance@v1.0.0"}, "CONTRACT_MISMATCH"),
    "another major version": ({"contract": "personal_ops@v2.0.0"}, "CONTRACT_MISMATCH"),
    "a contract that is none": ({"contract": "personal_ops"}, "CONTRACT_MISMATCH"),
    "too late": ({"expires_at": int(time.time()) - 1}, "EXPIRED"),
    "too early": ({"not_before": int(time.time()) + 900}, "NOT_YET_VALID"),
    "an unknown operation": ({"operation": "files.shred"}, "OPERATION_NOT_ALLOWED"),
    "an unknown member": ({"extra": 1}, "ORDER_INVALID"),
    "version as truth value": ({"v": True}, "ORDER_INVALID"),
    "another version": ({"v": 2}, "ORDER_INVALID"),
    "another mode": ({"mode": "force"}, "ORDER_INVALID"),
    "a time as text": ({"expires_at": "2100-01-01"}, "ORDER_INVALID"),
    "no nonce": ({"nonce": ""}, "ORDER_INVALID"),
    "no plan": ({"plan": "", "plan_digest": ""}, "PLAN_REQUIRED"),
    "a plan without digest": ({"plan_digest": ""}, "PLAN_DIGEST_MISMATCH"),
    "other parameters than the plan's": ({"params": {"paths": ["other"]}}, "PLAN_MISMATCH"),
    "another operation than the plan's": ({"operation": "files.move"}, "PLAN_MISMATCH"),
    "another bundle than the plan's": ({"bundle": "cd" * 32}, "PLAN_MISMATCH"),
    "another proposal than the plan's": ({"proposal": OTHER}, "PLAN_MISMATCH"),
}


@pytest.mark.parametrize("case", FIELDS)
def test_a_signed_order_with_a_wrong_member_is_refused(lab: Lab, order: Payload, case: str) -> None:
    changes, code = FIELDS[case]
    assert refused(lab, order | changes) == code


def test_a_missing_member_is_refused(lab: Lab, order: Payload) -> None:
    del order["approval"]
    assert refused(lab, order) == "ORDER_INVALID"


PLANS: dict[str, tuple[Payload, str]] = {
    "another target": ({"target": OTHER}, "PLAN_MISMATCH"),
    "another institution": ({"institution": OTHER}, "PLAN_MISMATCH"),
    "other parameters": ({"params": {"paths": ["other"]}}, "PLAN_MISMATCH"),
    "an unknown member": ({"note": ""}, "PLAN_INVALID"),
    "another version": ({"v": 2}, "PLAN_INVALID"),
    "no list of changes": ({"diff": {}}, "PLAN_INVALID"),
    "too late": ({"expires_at": 1}, "EXPIRED"),
    "no changes": ({"diff": [], "preconditions": []}, "PLAN_REQUIRED"),
    "other changes": ({"diff": [{"action": "delete", "path": "x", "to": None}]}, "PLAN_STALE"),
    "other preconditions": ({"preconditions": []}, "PLAN_STALE"),
}


@pytest.mark.parametrize("case", PLANS)
def test_an_order_with_a_wrong_plan_is_refused(lab: Lab, order: Payload, case: str) -> None:
    changes, code = PLANS[case]
    assert refused(lab, plan_changed(order, **changes)) == code


def test_every_changed_byte_of_a_plan_is_noticed(lab: Lab, order: Payload) -> None:
    for place in range(0, len(order["plan"]), 97):
        text = order["plan"]
        changed = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
        payload = order | {"plan": changed, "job": OTHER[:-3] + f"{place % 1000:03d}", "nonce": f"{place:032x}"}
        assert refused(lab, payload) == "PLAN_DIGEST_MISMATCH"


def test_a_plan_that_is_spelled_differently_is_refused(lab: Lab, order: Payload) -> None:
    text = json.dumps(json.loads(order["plan"]), sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert refused(lab, order | {"plan": text, "plan_digest": digest}) == "PLAN_INVALID"


def test_one_is_not_true_between_order_and_plan(lab: Lab) -> None:
    payload = lab.portal.payload("files.list", {"limit": 1})
    sealed = lab.portal.sealed(payload, [], [])
    assert refused(lab, sealed | {"params": {"limit": True}}) == "PLAN_MISMATCH"


def _other_key(portal: FakePortal, payload: Payload) -> dict[str, Any]:
    return portal.envelope(payload, key=Ed25519PrivateKey.generate())


def _edited(portal: FakePortal, payload: Payload) -> dict[str, Any]:
    edited = payload | {"params": {"paths": ["other"]}}
    return portal.envelope(payload) | {"payload": base64.b64encode(canonical(edited)).decode()}


def _two(portal: FakePortal, payload: Payload) -> dict[str, Any]:
    envelope = portal.envelope(payload)
    return envelope | {"signatures": envelope["signatures"] * 2}


def _prehashed(portal: FakePortal, payload: Payload) -> dict[str, Any]:
    signature = portal.key.sign(hashlib.sha512(canonical(payload)).digest())
    return portal.envelope(payload, signatures=[{"keyid": portal.kid, "sig": base64.b64encode(signature).decode()}])


ENVELOPES: dict[str, tuple[Callable[[FakePortal, Payload], dict[str, Any]], str]] = {
    "an unknown key": (lambda portal, payload: portal.envelope(payload, kid="order-2"), "KEY_UNKNOWN"),
    "a forged signature": (_other_key, "SIGNATURE_INVALID"),
    "an edited payload": (_edited, "SIGNATURE_INVALID"),
    "a signature over a hash": (_prehashed, "SIGNATURE_INVALID"),
    "two signatures": (_two, "SIGNATURE_COUNT"),
    "no signature": (lambda portal, payload: portal.envelope(payload, signatures=[]), "SIGNATURE_COUNT"),
    "another type": (lambda portal, payload: portal.envelope(payload, payloadType="text/plain"), "PAYLOAD_TYPE"),
    "another signed type": (
        lambda portal, payload: portal.envelope(payload, signed_type="application/vnd.opsportal.result+json;v=1"),
        "SIGNATURE_INVALID",
    ),
    "another member": (lambda portal, payload: portal.envelope(payload, alg="none"), "ENVELOPE_INVALID"),
    "a key in the signature": (
        lambda portal, payload: portal.envelope(payload, signatures=[{"keyid": "order-1", "sig": "", "key": ""}]),
        "ENVELOPE_INVALID",
    ),
}


@pytest.mark.parametrize("case", ENVELOPES)
def test_an_envelope_that_is_not_the_portals_is_refused(lab: Lab, order: Payload, case: str) -> None:
    make, code = ENVELOPES[case]
    assert refused(lab, order, make(lab.portal, order)) == code


@pytest.mark.parametrize("member", ['"v":1,"v":1', '"v":1.0', '"v":NaN', '"v":1e0'])
def test_json_that_can_be_read_in_two_ways_is_refused(lab: Lab, order: Payload, member: str) -> None:
    body = canonical(order).replace(b'"v":1}', member.encode() + b"}")
    lab.portal.jobs.clear()
    lab.portal.put(order, lab.portal.envelope(body))
    lab.rounds()
    assert {"jobs/claim", "heartbeat"} <= set(lab.portal.calls)
    assert lab.tree() == {"file": b"content"}
    assert json.loads(lab.portal.journal[-1])["code"] == "ORDER_INVALID"


@pytest.mark.parametrize("junk", [{}, {"payload": 1}, {"payload": "*"}, {"payload": base64.b64encode(b"[").decode()}])
def test_junk_instead_of_an_order_is_survived(lab: Lab, junk: dict[str, Any]) -> None:
    lab.portal.queue.append(junk)
    lab.rounds()
    assert json.loads(lab.portal.journal[-1])["kind"] == "refused"


def test_the_same_order_twice_has_one_effect_and_one_result(lab: Lab, order: Payload) -> None:
    job = lab.portal.put(order)
    lab.rounds()
    (lab.root / "file").write_text("content")
    lab.portal.put(order, job.envelope)
    lab.portal.put(order, job.envelope)
    lab.rounds(3)
    assert lab.portal.result(job)["status"] == "executed"
    assert lab.tree() == {"file": b"content"}
    assert lab.portal.calls.count(f"jobs/{job.id}/report") == 3


def test_a_plan_is_carried_out_once_though_the_job_is_another(lab: Lab, order: Payload) -> None:
    assert lab.do(order)["status"] == "executed"
    (lab.root / "file").write_text("content")
    again = lab.do(order | {"job": OTHER, "nonce": "ab" * 16})
    assert again["code"] == "REPLAYED"
    assert lab.tree() == {"file": b"content"}


def test_a_nonce_is_taken_once(lab: Lab) -> None:
    first = lab.portal.payload("files.stat", {"path": "."})
    assert lab.do(first)["status"] == "executed"
    assert lab.do(lab.portal.payload("files.stat", {"path": "."}, nonce=first["nonce"]))["code"] == "REPLAYED"


def test_a_job_with_another_content_is_refused(lab: Lab, order: Payload) -> None:
    job = lab.portal.put(order)
    lab.rounds()
    other = lab.portal.payload("files.stat", {"path": "."}, job=order["job"])
    lab.portal.queue.append(lab.portal.envelope(other))
    lab.rounds()
    assert lab.portal.result(job)["status"] == "executed"


def test_a_forged_order_does_not_stop_the_real_one_of_that_job(lab: Lab, order: Payload) -> None:
    lab.portal.queue.append(_other_key(lab.portal, order | {"params": {}}))
    lab.rounds()
    assert lab.tree() == {"file": b"content"}
    assert lab.do(order)["status"] == "executed"
    assert lab.tree() == {}


def test_an_expiry_counts_by_the_later_clock(lab: Lab, order: Payload) -> None:
    lab.portal.clock_offset = 50
    assert refused(lab, order | {"expires_at": int(time.time()) + 20}) == "EXPIRED"


def test_a_portal_that_lies_about_the_time_gains_a_minute(lab: Lab, order: Payload) -> None:
    lab.portal.clock_offset = 86_400
    assert refused(lab, order | {"not_before": int(time.time()) + 120}) == "NOT_YET_VALID"


def test_a_portal_behind_does_not_lengthen_an_order(lab: Lab, order: Payload) -> None:
    lab.portal.clock_offset = -86_400
    assert refused(lab, order | {"expires_at": int(time.time()) - 5}) == "EXPIRED"


def _limited(**changes: Any) -> Callable[[Machine], None]:
    def apply(machine: Machine) -> None:
        limits = Limits(portal_host=machine.config.limits.portal_host, **changes)
        object.__setattr__(machine.config, "limits", limits)

    return apply


def test_what_this_machine_does_not_allow_is_refused_whoever_signed_it(lab: Lab, order: Payload) -> None:
    job = lab.portal.put(order)
    lab.rounds(before=_limited(operations=("files.list",)))
    assert lab.portal.result(job)["code"] == "OPERATION_NOT_ALLOWED"
    assert lab.tree() == {"file": b"content"}


def test_more_items_than_this_machine_allows_are_refused(lab: Lab) -> None:
    for number in range(4):
        (lab.root / f"f{number}").write_text("x")
    job = lab.portal.put(lab.portal.payload("files.delete", {"paths": ["f0", "f1", "f2", "f3"]}))
    lab.rounds(before=_limited(items=3))
    assert lab.portal.result(job)["code"] == "LIMIT_EXCEEDED"


def test_a_withdrawn_key_is_not_trusted_while_it_is_not_listed(lab: Lab, order: Payload) -> None:
    lab.portal.order_keys = {"order-2": Ed25519PrivateKey.generate()}
    assert refused(lab, order) == "KEY_UNKNOWN"


def test_a_new_key_is_trusted_after_somebody_accepted_it_here(lab: Lab, order: Payload) -> None:
    lab.portal.key = lab.portal.order_keys["order-2"] = Ed25519PrivateKey.generate()
    lab.portal.kid = "order-2"
    assert refused(lab, order) == "KEY_UNKNOWN"
    assert "order-2" in lab.command("status").stdout
    assert lab.command("keys", "accept", "order-2").returncode == 0
    assert lab.do(order | {"job": OTHER})["status"] == "executed"
    assert lab.command("keys", "accept", "order-3").returncode == 2


def test_the_contract_is_pinned_by_the_first_order_if_there_was_none_at_the_enrolment(lab: Lab) -> None:
    def unpin(machine: Machine) -> None:
        object.__setattr__(machine.config, "contract", "")

    lab.portal.put(lab.portal.payload("files.stat", {"path": "."}))
    lab.rounds(before=unpin)
    other = lab.portal.payload("files.stat", {"path": "."}, contract="finance@v1.0.0")
    assert lab.do(other)["code"] == "CONTRACT_MISMATCH"


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("files.list", {"path": ".", "extra": 1}),
        ("files.list", {"limit": True}),
        ("files.list", {"limit": 5001}),
        ("files.list", {"recursive": 1}),
        ("files.read", {}),
        ("files.read", {"path": "a", "max_bytes": 65_537}),
        ("files.hash", {"paths": "a"}),
        ("files.hash", {"paths": [1]}),
        ("files.search", {"pattern": "("}),
        ("files.search", {"pattern": "(?=a)"}),
        ("files.plan.create", {"items": ["shred:a"]}),
        ("files.plan.create", {"items": ["delete:a%"]}),
    ],
)
def test_parameters_that_do_not_fit_are_refused(lab: Lab, operation: str, params: Payload) -> None:
    result = lab.do(lab.portal.sealed(lab.portal.payload(operation, params), [], []))
    assert (result["status"], result["code"]) == ("refused", "PARAMS_INVALID")
