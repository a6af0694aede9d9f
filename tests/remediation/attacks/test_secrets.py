"""What must never be told: tokens, private keys, and what somebody typed into a reason, in logs, entries and pages."""

import logging
from collections.abc import Iterator

import pytest
from django.core.serializers import serialize
from django.test import Client

from ledger.models import Entry
from opsportal.core.actor import SYSTEM
from opsportal.core.sealing import unsealed
from opsportal.institutions.models import User
from remediation import models, services
from remediation.models import Job, OrderKey
from tests.core.test_logs import Kept
from tests.institutions.factories import system_make
from tests.remediation.attacks.doors import browser, token_of
from tests.remediation.factories import Governed
from tests.remediation.signing import Signer

CANARY = "canary-7f3a9c51d2e84b60"


@pytest.fixture
def lines() -> Iterator[Kept]:
    """What is logged, down to the last detail, as it would leave the process."""
    handler, root = Kept(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.spec("V57")
def test_a_canary_in_params_reason_and_output_reaches_no_log_line_and_no_entry(governed: Governed, lines: Kept) -> None:
    headers = {"Authorization": f"Bearer {token_of(governed.owner, governed.institution.pk)}", "Idempotency-Key": "k"}
    body = {"params": {"paths": [f"{CANARY}.txt"]}, "reason": f"password={CANARY}"}
    client = Client()
    address = "/api/v1/personal/jobs/files/delete"
    assert client.post(address, body, "application/json", headers=headers).status_code == 202
    spoiled = {**body, "params": {"paths": [f"/{CANARY}"]}}
    assert (
        client.post(address, spoiled, "application/json", headers={**headers, "Idempotency-Key": "l"}).status_code
        == 422
    )
    dry_run = Job.objects.filter(mode="dry_run").get()
    governed.runtime.dry_run(dry_run)
    proposal = dry_run.proposal
    proposal.refresh_from_db()
    governed.voted(proposal, reason=CANARY)
    job = Job.objects.get(mode="execute")
    signer = Signer(governed.runtime)
    assert signer.post("jobs/claim", {}).json["orders"]
    signer.post(f"jobs/{job.code}/start", {})
    assert signer.post(f"jobs/{job.code}/output", {"offset": 0, "text": f"read {CANARY}\n"}).status == 200
    envelope = governed.runtime.envelope(job, result={"name": CANARY}, summary=CANARY)
    assert signer.post(f"jobs/{job.code}/report", envelope).status == 200
    assert browser(governed.executive).get(f"/i/home/jobs/{job.code}").status_code == 200
    assert len(lines.lines) > 5
    assert not [line for line in lines.lines if CANARY in line]
    assert not [entry for entry in Entry.objects.all() if CANARY in entry.body]
    logging.getLogger("attack").warning("the harness sees %s", CANARY)
    assert [line for line in lines.lines if CANARY in line], "the test sees nothing at all"


@pytest.mark.spec("V29", "V57")
def test_no_token_and_no_private_key_is_in_an_answer_a_line_an_entry_or_a_row(
    governed: Governed, lines: Kept, client: Client
) -> None:
    system_make()
    made = services.runtime_create(department=governed.department, name="other", actor=SYSTEM)
    proposal = governed.waiting()
    link = services.link_create(
        approval=proposal.approval, user=User.objects.get(code=governed.executive.id), actor=governed.executive
    )
    token = token_of(governed.owner, governed.institution.pk)
    key = OrderKey.objects.get()
    private = unsealed(
        key.private, institution=governed.institution.pk, column="remediation_orderkey.private", row=key.code
    )
    secrets = [made.token, link.token, token, private.hex(), governed.runtime.key.private_bytes_raw().hex()]
    admin = browser(governed.owner)
    headers = {"Authorization": f"Bearer {token}"}
    api = ("proposals", "approvals", "jobs", "runtimes", "bundles", "releases", "brakes", "delegations")
    pages = ("runtimes/", f"runtimes/{made.runtime.code}", "approvals/", f"proposals/{proposal.code}")
    answers = [Client().get(f"/api/v1/{path}", headers=headers) for path in api]
    answers += [browser(governed.owner).get(f"/i/home/{path}") for path in pages]
    Client().get(f"/decide/{link.token}")
    Client().post("/api/v1/runtime/enrol", "{}", "application/json", headers={"X-Actor-Token": made.token})
    kept = [getattr(models, name).objects.all() for name in models.__all__]
    rows = [(rows.model.__name__.lower(), row.pk) for rows in kept for row in rows[:1]]
    answers += [admin.get(f"/admin/remediation/{name}/{pk}/change/") for name, pk in rows]
    refused = {answer.request["PATH_INFO"]: answer.status_code for answer in answers if answer.status_code != 200}
    assert refused == {}
    told = [answer.content.decode() for answer in answers] + [serialize("json", rows) for rows in kept]
    told += [entry.body for entry in Entry.objects.all()] + lines.lines
    assert [one for one in lines.lines if "/decide/" in one], "the request by the link was not logged at all"
    for secret in secrets:
        assert not [one[:300] for one in told if secret in one]
