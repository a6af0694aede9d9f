"""C2-C6, F6, F7: what was said once is not said again, by nobody else, and with no other key."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.utils import timezone

from opsportal.core.actor import SYSTEM
from opsportal.core.errors import ConflictError
from remediation import services
from remediation.dsse import ORDER, RESULT, envelope_sign
from remediation.models import Job, Proposal
from tests.remediation.attacks.doors import watched
from tests.remediation.factories import FakeRuntime, Governed, runtime_make
from tests.remediation.signing import Signer


@pytest.fixture
def signer(governed: Governed) -> Signer:
    return Signer(governed.runtime)


@pytest.fixture
def running(governed: Governed) -> Job:
    job = governed.ordered()
    governed.runtime.take(job)
    return job


def refuse(signer: Signer, path: str, body: Any, status: int, code: str) -> None:
    """Send a signed request; assert that it is refused with this code and a reason, and that nothing is written."""
    with watched() as traces:
        answer = signer.post(path, body)
        assert answer.refusal[:2] == (status, code), answer.json
        assert answer.json["detail"]
    assert (traces.changed, traces.kinds) == ([], [])


@pytest.mark.spec("V23")
def test_c1_an_order_is_given_out_once(governed: Governed, signer: Signer) -> None:
    job = governed.ordered()
    first = signer.post("jobs/claim", {"limit": 10}).json["orders"]
    with watched() as traces:
        assert signer.post("jobs/claim", {"limit": 10}).json["orders"] == []
    assert (first, traces.changed, traces.kinds) == ([json.loads(job.order)], [], [])


@pytest.mark.spec("V24")
def test_c2_a_result_told_again_changes_nothing_and_another_is_a_conflict(
    governed: Governed, signer: Signer, running: Job
) -> None:
    path, envelope = f"jobs/{running.code}/report", governed.runtime.envelope(running)
    assert signer.post(path, envelope).json["recorded"] is True
    with watched() as traces:
        assert signer.post(path, envelope).json["recorded"] is False
    assert (traces.changed, traces.kinds) == ([], [])
    for other in (
        governed.runtime.envelope(running, status="failed", code="X"),
        governed.runtime.envelope(running, result={"deleted": []}),
    ):
        refuse(signer, path, other, 409, "RESULT_CONTRADICTS")


@pytest.mark.spec("V24")
def test_c2_no_result_for_what_was_never_taken(governed: Governed, signer: Signer) -> None:
    job = governed.ordered()
    refuse(signer, f"jobs/{job.code}/report", governed.runtime.envelope(job), 409, "CONFLICT")


@pytest.mark.parametrize("verb", ["start", "renew", "output", "report"])
def test_c3_another_machines_job_is_not_there(governed: Governed, running: Job, verb: str) -> None:
    other = runtime_make(governed.department)
    body = {"output": {"offset": 0, "text": "x"}, "report": other.envelope(running)}.get(verb, {})
    refuse(Signer(other), f"jobs/{running.code}/{verb}", body, 404, "NOT_FOUND")


def test_c3_a_result_signed_by_another_machine_is_none(governed: Governed, signer: Signer, running: Job) -> None:
    other = runtime_make(governed.department)
    refuse(signer, f"jobs/{running.code}/report", other.envelope(running), 422, "INVALID")
    posing = FakeRuntime(governed.runtime.row, other.key)
    refuse(signer, f"jobs/{running.code}/report", posing.envelope(running), 422, "INVALID")


def test_c3_the_result_of_another_job_is_not_this_ones(governed: Governed, signer: Signer, running: Job) -> None:
    other = governed.ordered()
    refuse(signer, f"jobs/{running.code}/report", governed.runtime.envelope(other), 422, "INVALID")


@pytest.mark.parametrize("verb", ["jobs/claim", "heartbeat", "journal"])
def test_c4_a_request_is_taken_once(governed: Governed, signer: Signer, verb: str) -> None:
    governed.ordered()
    body = {
        "jobs/claim": {"limit": 1},
        "heartbeat": {"version": "1", "root": "/x", "journal": {"seq": 0, "hash": ""}},
        "journal": {"lines": [json.dumps({"job": "", "kind": "x", "prev": "0" * 64, "seq": 1})], "from_seq": 1},
    }[verb]
    headers, text = signer.signed(verb, body)
    assert signer.send(verb, text, headers).status == 200
    with watched() as traces:
        assert signer.send(verb, text, headers).refusal[:2] == (401, "NONCE_REPLAYED")
    assert (traces.changed, traces.kinds) == ([], [])


@pytest.mark.parametrize("seconds", [-3600, -120, -61, 61, 120, 3600])
def test_c4_a_request_of_another_time_is_not_taken(governed: Governed, signer: Signer, seconds: int) -> None:
    governed.ordered()
    with watched() as traces:
        answer = signer.post("jobs/claim", {"limit": 1}, created=timezone.now() + timedelta(seconds=seconds))
        assert answer.refusal[0] == 401
    assert (traces.changed, traces.kinds) == ([], [])


def test_c4_a_nonce_is_known_for_longer_than_its_request_is_good(governed: Governed, signer: Signer) -> None:
    at = timezone.now()
    headers, text = signer.signed("jobs/claim", {"limit": 1}, created=at)
    assert signer.send("jobs/claim", text, headers).status == 200
    for seconds in (30, 59, 61, 700):
        with time_machine.travel(at + timedelta(seconds=seconds), tick=False):
            services.governance_sweep(governed.institution.pk)
            assert signer.send("jobs/claim", text, headers).status == 401


@pytest.mark.parametrize("end", ["cancelled", "expired", "revoked"])
def test_c6_what_is_over_is_not_given_out_nor_reported(governed: Governed, signer: Signer, end: str) -> None:
    job = governed.ordered()
    envelope, at = governed.runtime.envelope(job), timezone.now()
    if end == "cancelled":
        services.job_cancel(job=job, actor=governed.executive)
    elif end == "revoked":
        services.runtime_revoke(runtime=governed.runtime.row, actor=SYSTEM)
    else:
        at = job.expires_at
    with time_machine.travel(at, tick=False), watched() as traces:
        claimed = signer.post("jobs/claim", {"limit": 10})
        assert claimed.status == 401 if end == "revoked" else claimed.json["orders"] == []
        assert signer.post(f"jobs/{job.code}/start", {}).status in {401, 409}
        assert signer.post(f"jobs/{job.code}/report", envelope).status in {401, 409}
    assert (traces.changed, traces.kinds) == ([], [])


@pytest.mark.spec("V22")
def test_c6_whoever_waits_for_a_machine_that_never_answers_waits_an_hour(governed: Governed) -> None:
    proposal = governed.asked()
    dry_run = Job.objects.get(proposal=proposal)
    governed.runtime.take(dry_run)
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
        services.governance_sweep(governed.institution.pk)
        proposal.refresh_from_db()
        assert proposal.status == "requested"
    with time_machine.travel(dry_run.expires_at, tick=False):
        services.governance_sweep(governed.institution.pk)
        proposal.refresh_from_db()
        assert proposal.status == "expired"
        paths = governed.runtime.order_of(dry_run)["params"]["paths"]
        seen = {"diff": [{"action": "delete", "path": path, "to": None} for path in paths], "preconditions": []}
        assert governed.runtime.report(dry_run, result=seen)
    proposal.refresh_from_db()
    assert (proposal.status, proposal.plan) == ("expired", "")


@pytest.mark.parametrize("end", ["cancelled", "revoked"])
def test_c6_a_proposal_whose_dry_run_was_taken_away_does_not_wait_for_ever(governed: Governed, end: str) -> None:
    proposal = governed.asked()
    if end == "cancelled":
        services.job_cancel(job=Job.objects.get(proposal=proposal), actor=governed.executive)
    else:
        services.runtime_revoke(runtime=governed.runtime.row, actor=SYSTEM)
    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=False):
        services.governance_sweep(governed.institution.pk)
    proposal.refresh_from_db()
    assert proposal.status == "expired"


def test_f6_an_order_of_the_institution_is_no_result(governed: Governed, signer: Signer, running: Job) -> None:
    refuse(signer, f"jobs/{running.code}/report", json.loads(running.order), 422, "INVALID")


@pytest.mark.parametrize("spoiled", ["key", "keyid", "kind", "payload", "two", "none", "extra"])
def test_f6_an_envelope_that_is_not_exactly_the_runtimes_is_none(
    governed: Governed, signer: Signer, running: Job, spoiled: str
) -> None:
    envelope = governed.runtime.envelope(running)
    body, keyid = base64.b64decode(envelope["payload"]), str(governed.runtime.row.code)
    stranger = Ed25519PrivateKey.generate()
    signature = dict(envelope["signatures"][0])
    changed: dict[str, Any] = {
        "key": json.loads(envelope_sign(body, kind=RESULT, key=stranger, keyid=keyid)),
        "keyid": json.loads(envelope_sign(body, kind=RESULT, key=governed.runtime.key, keyid="order-key")),
        "kind": json.loads(envelope_sign(body, kind=ORDER, key=governed.runtime.key, keyid=keyid)),
        "payload": {**envelope, "payload": base64.b64encode(body.replace(b'"done"', b'"fine"')).decode()},
        "two": {**envelope, "signatures": [signature, signature]},
        "none": {**envelope, "signatures": []},
        "extra": {**envelope, "key": stranger.public_key().public_bytes_raw().hex()},
    }
    refuse(signer, f"jobs/{running.code}/report", changed[spoiled], 422, "INVALID")
    assert signer.post(f"jobs/{running.code}/report", envelope).status == 200


def test_f6_the_key_of_a_revoked_machine_signs_nothing(governed: Governed, signer: Signer, running: Job) -> None:
    services.runtime_revoke(runtime=governed.runtime.row, actor=SYSTEM)
    refuse(signer, f"jobs/{running.code}/report", governed.runtime.envelope(running), 401, "SIGNATURE_INVALID")


@pytest.mark.parametrize("payload", [b"[]", b"{}", b'{"v": 1}', b"\xff", b'{"v":1,"v":1}', b"[" * 100_000])
def test_f6_a_signed_payload_that_is_no_result_is_none(
    governed: Governed, signer: Signer, running: Job, payload: bytes
) -> None:
    text = envelope_sign(payload, kind=RESULT, key=governed.runtime.key, keyid=str(governed.runtime.row.code))
    refuse(signer, f"jobs/{running.code}/report", json.loads(text), 422, "INVALID")


@pytest.mark.parametrize(
    "changes",
    [
        {"exit_code": True},
        {"exit_code": 2**40},
        {"started_at": "x"},
        {"finished_at": 2**52},
        {"summary": "a\0b"},
        {"code": "X" * 41},
        {"result": {"name": "a\0b"}},
    ],
    ids=str,
)
def test_f6_a_result_with_values_that_cannot_be_kept_is_none(
    governed: Governed, signer: Signer, running: Job, changes: dict[str, Any]
) -> None:
    refuse(signer, f"jobs/{running.code}/report", governed.runtime.envelope(running, **changes), 422, "INVALID")


@pytest.mark.parametrize("algorithm", ["hmac-sha256", "none", "rsa-pss-sha512", "ecdsa-p256-sha256", ""])
def test_f7_the_public_key_is_no_secret_of_another_algorithm(
    governed: Governed, signer: Signer, algorithm: str
) -> None:
    """Whoever knows the public key alone, which every administrator reads, signs nothing with it."""
    governed.ordered()
    headers, text = signer.signed("jobs/claim", {"limit": 1})
    digest = headers["Content-Digest"]
    said = headers["Signature-Input"].split("=", 1)[1].replace('"ed25519"', f'"{algorithm}"')
    lines = [
        '"@method": POST',
        '"@target-uri": http://testserver/api/v1/runtime/jobs/claim',
        f'"content-digest": {digest}',
        f'"@signature-params": {said}',
    ]
    public = bytes.fromhex(governed.runtime.row.public_key)
    forged = hmac.new(public, "\n".join(lines).encode(), hashlib.sha256).digest()
    label = headers["Signature-Input"].split("=", 1)[0]
    for signature in (forged, b""):
        sent = {
            **headers,
            "Signature-Input": f"{label}={said}",
            "Signature": f"{label}=:{base64.b64encode(signature).decode()}:",
        }
        with watched() as traces:
            assert signer.send("jobs/claim", text, sent).refusal[:2] == (401, "SIGNATURE_INVALID")
        assert (traces.changed, traces.kinds) == ([], [])


def test_a_proposal_that_ended_is_not_decided_by_a_late_dry_run(governed: Governed) -> None:
    proposal = governed.asked()
    dry_run = Job.objects.get(proposal=proposal)
    governed.runtime.take(dry_run)
    services.proposal_withdraw(proposal=proposal, actor=governed.owner)
    assert governed.runtime.report(dry_run, result={"diff": [], "preconditions": []})
    assert Proposal.objects.get(pk=proposal.pk).status == "withdrawn"
    with pytest.raises(ConflictError):
        governed.runtime.report(dry_run, status="failed", code="X")
