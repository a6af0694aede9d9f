"""What runtimes ask, over HTTP: who may, and what happens to everybody else."""

import hashlib
import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client
from django.utils import timezone

from opsportal.core.actor import SYSTEM
from remediation import services
from remediation.models import Job, JobOutput, JournalLine, Runtime
from tests.api.callers import Answer
from tests.remediation.factories import Governed, governed_make
from tests.remediation.signing import Signer

BEAT = {"version": "0.1.0", "root": "/srv/files", "capabilities": ["files.delete"], "journal": {"seq": 0, "hash": ""}}


@pytest.fixture
def signer(governed: Governed) -> Signer:
    return Signer(governed.runtime)


def _enrol(token: str, key: str) -> Answer:
    body = {"public_key": key, "name": "desk", "version": "0.1.0", "platform": "linux"}
    return Answer(
        Client().post("/api/v1/runtime/enrol", json.dumps(body), "application/json", headers={"X-Actor-Token": token})
    )


@pytest.mark.spec("V05", "V32")
def test_a_token_enrols_once(governed: Governed) -> None:
    made = services.runtime_create(department=governed.department, name="other", actor=SYSTEM)
    key = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    answer = _enrol(made.token, key)
    assert answer.status == 201
    assert answer.json["runtime_id"] == str(made.runtime.code)
    assert answer.json["institution_id"] == str(governed.institution.pk)
    assert answer.json["contract"] == "personal_ops@v1.0.0"
    assert len(answer.json["order_keys"]) == 1
    again = _enrol(made.token, key)
    assert (again.status, again.json["code"]) == (401, "TOKEN_INVALID")
    assert made.token not in str(Runtime.objects.filter(pk=made.runtime.pk).values())


def test_a_token_alone_opens_nothing_else(governed: Governed) -> None:
    made = services.runtime_create(department=governed.department, name="other", actor=SYSTEM)
    answer = Answer(
        Client().post("/api/v1/runtime/jobs/claim", "{}", "application/json", headers={"X-Actor-Token": made.token})
    )
    assert answer.status == 401


@pytest.mark.spec("V33")
def test_a_heartbeat_is_kept_and_answered_with_the_keys_of_orders(signer: Signer) -> None:
    answer = signer.post("heartbeat", BEAT)
    assert (answer.status, answer.json["is_stopped"], len(answer.json["order_keys"])) == (200, False, 1)
    row = Runtime.objects.get()
    assert (row.root, row.capabilities) == ("/srv/files", ["files.delete"])


@pytest.mark.spec("V23", "V24")
def test_a_job_is_claimed_begun_and_reported(governed: Governed, signer: Signer) -> None:
    job = governed.ordered()
    (order,) = signer.post("jobs/claim", {"limit": 3}).json["orders"]
    assert order == json.loads(job.order)
    assert signer.post("jobs/claim", {"limit": 3}).json["orders"] == []
    begun = signer.post(f"jobs/{job.code}/start", {})
    assert begun.json["lease_expires_at"] > timezone.now().timestamp()
    assert signer.post(f"jobs/{job.code}/renew", {}).status == 200
    assert signer.post(f"jobs/{job.code}/output", {"offset": 0, "text": "one\n"}).json == {"offset": 4}
    assert signer.post(f"jobs/{job.code}/output", {"offset": 0, "text": "one\n"}).json == {"offset": 4}
    assert JobOutput.objects.count() == 1
    envelope = governed.runtime.envelope(job)
    assert signer.post(f"jobs/{job.code}/report", envelope).json == {"success": True, "recorded": True}
    assert signer.post(f"jobs/{job.code}/report", envelope).json == {"success": True, "recorded": False}
    other = governed.runtime.envelope(job, status="failed", code="X")
    assert signer.post(f"jobs/{job.code}/report", other).refusal == (409, "RESULT_CONTRADICTS", [])


@pytest.mark.parametrize(
    "spoiled",
    [
        {"tag": "other"},
        {"keyid": "00000000-0000-4000-8000-000000000000"},
        {"keyid": "desk"},
        {"components": ("@method",)},
        {"components": ("@target-uri",)},
        {"url": "http://testserver/api/v1/runtime/heartbeat?x=1"},
        {"url": "http://elsewhere/api/v1/runtime/heartbeat"},
        {"nonce": "short"},
    ],
)
def test_a_signature_that_is_not_exactly_right_opens_nothing(signer: Signer, spoiled: dict[str, str]) -> None:
    assert signer.post("heartbeat", BEAT, **spoiled).refusal == (401, "SIGNATURE_INVALID", [])


def test_another_key_opens_nothing(governed: Governed) -> None:
    stranger = Signer(governed.runtime, Ed25519PrivateKey.generate())
    assert stranger.post("heartbeat", BEAT).status == 401


def test_a_body_that_was_changed_on_the_way_opens_nothing(signer: Signer) -> None:
    headers, text = signer.signed("heartbeat", BEAT)
    assert signer.send("heartbeat", text.replace(b"/srv", b"/etc"), headers).refusal[:2] == (401, "SIGNATURE_INVALID")
    assert signer.send("heartbeat", text, headers).status == 200


def test_a_request_is_taken_once(signer: Signer) -> None:
    headers, text = signer.signed("heartbeat", BEAT)
    assert signer.send("heartbeat", text, headers).status == 200
    assert signer.send("heartbeat", text, headers).refusal == (401, "NONCE_REPLAYED", [])


@pytest.mark.parametrize("seconds", [-120, 120])
def test_a_clock_that_is_two_minutes_off_is_refused(signer: Signer, seconds: int) -> None:
    answer = signer.post("heartbeat", BEAT, created=timezone.now() + timedelta(seconds=seconds))
    assert answer.status == 401


def test_a_revoked_runtime_is_a_stranger(governed: Governed, signer: Signer) -> None:
    job = governed.ordered()
    services.runtime_revoke(runtime=governed.runtime.row, actor=SYSTEM)
    assert signer.post("heartbeat", BEAT).status == 401
    job.refresh_from_db()
    assert (job.status, job.result_code) == ("cancelled", "RUNTIME_REVOKED")


@pytest.mark.spec("V27")
def test_another_runtimes_job_is_not_there(governed: Governed) -> None:
    job = governed.ordered()
    stranger = governed_make("away")
    signer = Signer(stranger.runtime)
    assert signer.post("jobs/claim", {}).json["orders"] == []
    for verb in ("start", "renew"):
        assert signer.post(f"jobs/{job.code}/{verb}", {}).status == 404
    assert signer.post(f"jobs/{job.code}/report", governed.runtime.envelope(job)).status == 404
    assert Job.objects.get(pk=job.pk).status == "enqueued"


def test_a_journal_is_kept_if_it_continues(signer: Signer) -> None:
    lines, head = [], "0" * 64
    for seq in (1, 2, 3):
        lines.append(json.dumps({"job": "", "kind": "started", "prev": head, "seq": seq}))
        head = hashlib.sha256(lines[-1].encode()).hexdigest()
    assert signer.post("journal", {"lines": lines[:2], "from_seq": 1}).json == {"seq": 2}
    assert signer.post("journal", {"lines": lines, "from_seq": 1}).json == {"seq": 3}
    forged = [lines[0], lines[1].replace("started", "done")]
    assert signer.post("journal", {"lines": forged, "from_seq": 1}).refusal == (409, "JOURNAL_FORKED", [])
    assert signer.post("journal", {"lines": [lines[0]], "from_seq": 4}).refusal[:2] == (409, "JOURNAL_FORKED")
    assert signer.post("journal", {"lines": ["{}"], "from_seq": 4}).refusal[:2] == (422, "INVALID")
    assert JournalLine.objects.count() == 3
