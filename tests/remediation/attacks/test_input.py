"""D5, D7, E1, E2, E4, G5: names and texts that a stranger chose, and patterns that take for ever."""

import json
import time
from typing import Any

import pytest
from django.test import Client

from opsportal.core.actor import SYSTEM
from opsportal.core.errors import InvalidError
from remediation import services
from remediation.models import Bundle, Job, Proposal
from tests.api.callers import Answer
from tests.remediation.attacks.doors import browser, token_of, watched
from tests.remediation.attacks.variants import changed, release
from tests.remediation.factories import CONTENT, Governed, contract_text

HOSTILE = [
    "\u202egnp.exe",
    "a\nb",
    "<script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "{{ 7*7 }}",
    "n" * 300,
    "\u200b\u2066x",
    "\x1b[2Jx",
    "-rf",
    "$(reboot)",
]
_PATHS = '    field paths: list<text> required min(1) max(200) max_length(1024) matches("[^/\\\\x00][^\\\\x00]*")\n  }\n  entity JobGet'


def ask(governed: Governed, operation: str, body: bytes) -> Answer:
    """Ask by the API, with exactly these bytes."""
    headers = {"Authorization": f"Bearer {token_of(governed.owner, governed.institution.pk)}", "Idempotency-Key": "k"}
    address = f"/api/v1/personal/jobs/files/{operation}"
    return Answer(Client().generic("POST", address, body, "application/json", headers=headers))


@pytest.mark.spec("V35")
@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("rest", ["", "/approve"])
def test_d5_g5_a_hostile_name_is_shown_as_what_it_is_and_bound_as_it_is(
    governed: Governed, name: str, rest: str
) -> None:
    proposal = governed.waiting(paths=[name], reason=f"please approve {name}"[:400])
    assert json.loads(proposal.plan)["diff"][0]["path"] == name
    page = browser(governed.executive).get(f"/i/home/proposals/{proposal.code}{rest}").content.decode()
    assert "<script>alert" not in page
    assert '" onmouseover="' not in page
    assert "{{" not in name or name in page
    assert not set("\u202e\u2066\u200b\x1b") & set(page)
    job = Job.objects.get(proposal=proposal)
    governed.voted(proposal)
    assert governed.runtime.order_of(job)["params"]["paths"] == [name]


@pytest.mark.parametrize("name", ["a\0b", "/etc/passwd", "", "x" * 1025])
def test_d5_a_name_that_no_contract_takes_is_refused_with_a_reason(governed: Governed, name: str) -> None:
    answer = ask(governed, "delete", json.dumps({"params": {"paths": [name]}, "reason": "x"}).encode())
    assert answer.status == 422
    assert answer.json["detail"]
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    "diff",
    [
        [{"action": "delete", "path": "../x", "to": None}],
        [{"action": "delete", "path": "/etc/passwd", "to": None}],
        [{"action": "chmod", "path": "a", "to": None}],
        [{"action": "delete", "path": {"b64": "*"}, "to": None}],
        [{"action": "delete", "path": {"b64": "YQ=="}, "to": None}],
        [{"action": "delete", "path": "a", "to": None, "sudo": True}],
        [1],
        "all",
    ],
)
def test_d5_a_dry_run_that_would_change_what_has_no_name_is_not_sealed(governed: Governed, diff: Any) -> None:
    proposal = governed.asked()
    dry_run = Job.objects.get(proposal=proposal)
    governed.runtime.take(dry_run)
    with watched() as traces, pytest.raises(InvalidError):
        governed.runtime.report(dry_run, result={"diff": diff, "preconditions": []})
    assert (traces.changed, traces.kinds) == ([], [])
    assert Proposal.objects.get().plan == ""


def test_d5_a_name_that_is_no_text_is_bound_byte_for_byte(governed: Governed) -> None:
    proposal = governed.asked()
    dry_run = Job.objects.get(proposal=proposal)
    governed.runtime.take(dry_run)
    name = {"b64": "/2E="}
    seen = {
        "diff": [{"action": "delete", "path": name, "to": None}],
        "preconditions": [{"path": name, "kind": "file", **CONTENT}],
    }
    assert governed.runtime.report(dry_run, result=seen)
    proposal.refresh_from_db()
    assert json.loads(proposal.plan)["diff"][0]["path"] == name
    assert browser(governed.executive).get(f"/i/home/proposals/{proposal.code}").status_code == 200


@pytest.mark.spec("V54")
def test_d7_what_the_machine_finds_changed_ends_the_proposal_for_good(governed: Governed) -> None:
    job = governed.ordered()
    governed.runtime.take(job)
    with watched() as traces:
        governed.runtime.report(job, status="refused", code="PLAN_STALE")
    assert traces.kinds == ["RUNTIME_JOB_REPORTED", "APPROVAL_CANCELED", "PROPOSAL_STALE"]
    assert set(traces.codes) == {"PLAN_STALE"}
    with watched() as traces:
        services.governance_sweep(governed.institution.pk)
        assert services.jobs_claim(runtime=governed.runtime.row, limit=10) == []
    assert (traces.changed, traces.kinds) == ([], [])


@pytest.mark.spec("V13")
@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(.*)*x", "([a-z]+)*1"])
def test_e1_a_pattern_that_takes_for_ever_elsewhere_takes_no_time_here(governed: Governed, pattern: str) -> None:
    release(governed, changed((_PATHS, _PATHS.replace("[^/\\\\x00][^\\\\x00]*", pattern).replace("1024", "60000"))))
    body = json.dumps({"params": {"paths": ["a" * 50_000 + "!"]}, "reason": "x"}).encode()
    began = time.process_time()
    assert ask(governed, "delete", body).refusal[:2] == (422, "PARAMS_INVALID")
    assert time.process_time() - began < 5


@pytest.mark.spec("V13")
@pytest.mark.parametrize("pattern", ["(?=a)b", "(a)\\\\1", "(?<!a)b", "[", "a{1001}"])
def test_e1_a_pattern_that_cannot_be_tried_safely_is_no_contract(governed: Governed, pattern: str) -> None:
    source = changed((_PATHS, _PATHS.replace("[^/\\\\x00][^\\\\x00]*", pattern)))
    with watched() as traces, pytest.raises(InvalidError) as refused:
        services.bundle_compile(institution=governed.institution, source=source, actor=SYSTEM)
    assert refused.value.code == "CONTRACT_INVALID"
    assert refused.value.errors["source"][0].startswith("line ")
    assert (traces.changed, traces.kinds) == ([], [])


@pytest.mark.parametrize(
    "body",
    [
        b'{"params": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b', "reason": "x"}',
        b"[" * 100_000,
        b'{"params": {"paths": ["' + b"a" * 70_000 + b'"]}, "reason": "x"}',
        json.dumps({"params": {"paths": ["a"] * 20_000}, "reason": "x"}).encode(),
    ],
    ids=["nested", "open", "long", "many"],
)
def test_e2_a_body_that_is_a_bomb_is_refused_and_kept_nowhere(governed: Governed, body: bytes) -> None:
    began = time.process_time()
    with watched() as traces:
        assert ask(governed, "delete", body).status in {400, 413, 422}
    assert time.process_time() - began < 5
    assert (traces.changed, traces.kinds) == ([], [])


@pytest.mark.parametrize(
    "operation", ["files.d\u0435lete", "FILES.DELETE", "files.delete ", "files.delete\u200b", "-x", "", "x" * 81]
)
def test_e4_an_operation_that_only_looks_the_same_is_another_and_unknown(governed: Governed, operation: str) -> None:
    headers = {"Authorization": f"Bearer {token_of(governed.owner, governed.institution.pk)}", "Idempotency-Key": "k"}
    body = {"department": "personal_ops", "operation": operation, "params": {"paths": ["a.txt"]}, "reason": "x"}
    answer = Answer(Client().post("/api/v1/proposals", body, "application/json", headers=headers))
    assert answer.status in {403, 422}
    assert answer.json["detail"]
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("old", "new"), [("owner", "\u043ewner"), ("files.delete", "files.d\u0435lete"), ("owner", "owner\u200b")]
)
def test_e4_a_contract_is_written_with_plain_letters(governed: Governed, old: str, new: str) -> None:
    before = Bundle.objects.count()
    with pytest.raises(InvalidError) as refused:
        services.bundle_compile(
            institution=governed.institution, source=contract_text().replace(old, new), actor=SYSTEM
        )
    assert refused.value.code == "CONTRACT_INVALID"
    assert Bundle.objects.count() == before
