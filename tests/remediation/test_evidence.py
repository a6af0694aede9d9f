"""The evidence of a case: what is in it, what is said to be absent, who gets it, and that it was taken."""

import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from findings.models import Finding
from ledger.models import Checkpoint, Entry, Payload
from ledger.selectors import checkpoint_last
from ledger.services import chain_stop, checkpoint_sign, payload_erase
from opsportal.core.actor import SYSTEM
from opsportal.core.errors import NotFoundError, RefusedError
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.models import User
from remediation import services
from remediation.evidence import case_bundle
from remediation.evidence.archive import zip_stream
from remediation.models import Bundle, Job, JobOutput
from remediation.reconciliation import reconciliation_of
from scenarios.models import Run, Scenario
from tests.institutions.factories import actor_make, institution_make, member_make
from tests.remediation.bundles import Files, finished, key_of, taken, unzipped, verified
from tests.remediation.factories import Governed
from tests.remediation.people import browser_of

API = "/api/v1/cases/{}/bundle"


def about(files: Files) -> dict[str, Any]:
    """Return what a bundle says about itself."""
    said: dict[str, Any] = json.loads(files["case.json"])
    return said


def absent(files: Files) -> str:
    """Return what a bundle says that it lacks."""
    return "\n".join(f"{row['what']}: {row['why']}" for row in about(files)["absent"])


def of_finding(governed: Governed) -> Finding:
    """Return a finding with the run that showed it."""
    scenario = Scenario.objects.create(institution=governed.institution, name="desk.disk", state="down")
    now = timezone.now()
    run = Run.objects.create(
        institution=governed.institution, scenario=scenario, state="down", evidence=[], started_at=now, duration_ms=3
    )
    return Finding.objects.create(
        institution=governed.institution,
        scenario=scenario,
        check_name="main",
        fingerprint="a" * 64,
        title="The disk is full",
        severity="high",
        owner_agent="A1",
        state="down",
        evidence={"measured": {"free": 0.5}, "run": str(run.code)},
        opened_at=now,
        last_seen_at=now,
    )


@pytest.mark.spec("V25", "V42")
def test_it_holds_everything_of_a_case_and_says_what_it_does_not(governed: Governed) -> None:
    case = finished(governed)
    files = taken(governed, case)
    dry_run = Job.objects.get(mode="dry_run")
    for name in (
        *("README.txt", "verify.py", "entries.jsonl", "grounds.jsonl", "proofs.json", "checkpoint.note", "keys.txt"),
        *("payloads.jsonl", "threads.json", "case.note", f"proposals/{case}/plan.json"),
        *(f"jobs/{case}/order.dsse.json", f"jobs/{case}/result.dsse.json", f"jobs/{dry_run.code}/order.dsse.json"),
    ):
        assert files[name], name
    bodies = (
        Entry.objects.filter(case=case).exclude(kind="CASE_EXPORTED").order_by("seq").values_list("body", flat=True)
    )
    assert files["entries.jsonl"].decode().splitlines() == list(bodies)
    assert files[f"proposals/{case}/plan.json"].decode() == Job.objects.get(mode="execute").proposal.plan
    assert b"Gone?" in files["threads.json"]
    assert "finding: the case did not begin with one" in absent(files)
    assert f"jobs/{dry_run.code}/output.txt: it said none" in absent(files)


@pytest.mark.spec("V25")
def test_that_it_was_taken_is_an_entry_of_the_case(governed: Governed) -> None:
    case = finished(governed)
    files = taken(governed, case, actor=actor_make(governed.institution, Role.AUDITOR))
    entry = Entry.objects.get(kind="CASE_EXPORTED")
    assert (entry.case, entry.subject) == (case, f"case:{case}")
    data, last = entry.content["data"], checkpoint_last(governed.institution.pk)
    assert last is not None
    assert (data["files"], data["size"], data["is_masked"]) == (len(files), last.size, False)
    again = taken(governed, case)
    assert b"CASE_EXPORTED" in again["entries.jsonl"]


def test_a_checkpoint_is_signed_only_when_the_last_one_does_not_cover_it(governed: Governed) -> None:
    case = finished(governed)
    checkpoint_sign(governed.institution.pk)
    taken(governed, case)
    assert Checkpoint.objects.count() == 1
    taken(governed, case)
    assert Checkpoint.objects.count() == 2


def test_the_same_files_make_the_same_zip() -> None:
    one, other = {"b": b"2", "a": b"1" * 999}, {"a": b"1" * 999, "b": b"2"}
    data = b"".join(zip_stream(one))
    assert data == b"".join(zip_stream(other))
    assert list(unzipped(data)) == ["a", "b"]


@pytest.mark.spec("V25")
def test_a_masked_copy_has_no_private_text_and_still_verifies(governed: Governed, tmp_path: Path) -> None:
    case = finished(governed)
    files = taken(governed, case, is_masked=True)
    assert b"Gone?" not in b"".join(files.values())
    assert b"looked at it" not in b"".join(files.values())
    assert {json.loads(row)["state"] for row in files["payloads.jsonl"].splitlines()} == {"masked"}
    assert "private texts: this copy is masked" in absent(files)
    status, said = verified(tmp_path, files, key_of(governed))
    assert (status, "private texts disclosed, as the entries commit to them: 0 of" in said) == (0, True), said


def test_a_text_that_was_erased_is_said_to_be_and_the_case_still_verifies(governed: Governed, tmp_path: Path) -> None:
    case = finished(governed)
    commit = Payload.objects.filter(subject__startswith="vote:").get().commit
    payload_erase(governed.institution.pk, commit=commit, reason="subject-request", actor=SYSTEM)
    files = taken(governed, case)
    assert "it was erased at" in absent(files)
    assert verified(tmp_path, files, key_of(governed))[0] == 0


def test_it_needs_the_permission_and_shows_no_looks_to_those_who_may_not_read_operations(governed: Governed) -> None:
    finding = of_finding(governed)
    governed.asked(finding=finding)
    with pytest.raises(RefusedError):
        case_bundle(governed.institution.pk, finding.code, actor=actor_make(governed.institution, Role.TECHNICIAN))
    files = taken(governed, finding.code, actor=governed.owner)
    assert "findings and runs: whoever took this may not read operations" in absent(files)
    assert not [name for name in files if name.startswith(("findings/", "runs/"))]
    files = taken(governed, finding.code, actor=actor_make(governed.institution, Role.AUDITOR))
    assert b"The disk is full" in files[f"findings/{finding.code}.json"]
    assert [name for name in files if name.startswith("runs/")]


def test_a_case_that_was_denied_or_never_carried_out_verifies_as_far_as_it_went(
    governed: Governed, tmp_path: Path
) -> None:
    denied = services.proposal_create(
        department=governed.department,
        operation="files.delete",
        params={"paths": ["a.txt"]},
        reason="tidy",
        actor=governed.executive,
        idempotency_key="x",
    )
    listed = services.proposal_create(
        department=governed.department, operation="files.list", params={}, actor=governed.owner
    )
    for case in (denied.case, listed.case, governed.asked().case, governed.waiting().case):
        files = taken(governed, case)
        status, said = verified(tmp_path, files, key_of(governed))
        assert status == 0, said
    assert "executions approved by enough distinct people, none of them the requester: 0" in said
    assert "no plan was sealed" in absent(taken(governed, denied.case))


def test_what_a_job_said_is_in_it_but_not_in_a_masked_copy(governed: Governed) -> None:
    case = finished(governed)
    job = Job.objects.get(mode="execute")
    JobOutput.objects.create(
        institution=governed.institution, job=job, offset=0, text="deleted a.txt\n", received_at=timezone.now()
    )
    assert taken(governed, case)[f"jobs/{case}/output.txt"] == b"deleted a.txt\n"
    assert f"jobs/{case}/output.txt: masked" in absent(taken(governed, case, is_masked=True))


def test_what_the_portal_lost_is_said_to_be_lost_and_does_not_verify(governed: Governed, tmp_path: Path) -> None:
    case = finished(governed)
    checkpoint_sign(governed.institution.pk)
    Payload.objects.filter(subject__startswith="vote:").delete()
    files = taken(governed, case)
    assert "the portal does not have it" in absent(files)
    status, said = verified(tmp_path, files, key_of(governed))
    assert (status, "nothing says why" in said) == (1, True)


def test_a_key_that_was_changed_since_is_in_it_beside_the_old_one(
    governed: Governed, tmp_path: Path, settings: Settings
) -> None:
    case = finished(governed)
    checkpoint_sign(governed.institution.pk)
    old = key_of(governed)
    path = tmp_path / "other.key"
    path.write_bytes(base64.urlsafe_b64encode(Ed25519PrivateKey.generate().private_bytes_raw()))
    path.chmod(0o600)
    settings.CHECKPOINT_KEY_FILE = path
    files = taken(governed, case)
    lines = [line for line in files["keys.txt"].decode().splitlines() if line.startswith("opsportal/")]
    assert (len(lines), old in lines) == (2, True)
    assert verified(tmp_path, files, *lines)[0] == 0
    assert verified(tmp_path, files, old)[0] == 1


def test_a_ledger_that_was_stopped_is_handed_out_with_what_cannot_be_proven_named(
    governed: Governed, tmp_path: Path
) -> None:
    checkpoint_sign(governed.institution.pk)
    case = finished(governed)
    chain_stop(governed.institution.pk)
    files = taken(governed, case)
    assert "the ledger is stopped: nothing more is signed" in absent(files)
    status, said = verified(tmp_path, files)
    assert (status, "is not proven to stand in the signed ledger" in said) == (1, True)
    assert not Entry.objects.filter(kind="CASE_EXPORTED").exists()


@pytest.mark.spec("V27")
def test_a_case_of_another_institution_is_not_there(governed: Governed) -> None:
    case = finished(governed)
    away = institution_make("away")
    with institution_scope(away.pk), pytest.raises(NotFoundError):
        case_bundle(away.pk, case)
    stranger = Client()
    stranger.force_login(member_make(away, *Role).user)
    assert stranger.get(API.format(case)).status_code == 404
    assert stranger.get(API.format(uuid4())).status_code == 404


@pytest.mark.spec("V25", "V36")
def test_the_api_streams_the_zip(governed: Governed, tmp_path: Path) -> None:
    case = finished(governed)
    answer: Any = browser_of(governed.owner).get(API.format(case))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    assert answer["Content-Disposition"] == f'attachment; filename="case-{case}.zip"'
    assert verified(tmp_path, unzipped(answer.getvalue()), key_of(governed))[0] == 0
    masked: Any = browser_of(governed.owner).get(API.format(case), {"texts": "masked"})
    assert about(unzipped(masked.getvalue()))["is_masked"] is True
    assert browser_of(governed.owner).get(API.format(case), {"texts": "some"}).status_code == 422


@pytest.mark.spec("V25")
def test_the_command_writes_a_file_that_verifies(
    governed: Governed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case, path = finished(governed), tmp_path / "out.zip"
    call_command("case_export", institution="home", case=case, output=path)
    said = capsys.readouterr().out
    assert key_of(governed) in said
    files = unzipped(path.read_bytes())
    assert verified(tmp_path, files, key_of(governed))[0] == 0
    call_command("case_export", institution="home", case=case, output=path, masked=True)
    assert about(unzipped(path.read_bytes()))["is_masked"] is True
    with pytest.raises(CommandError, match="no such case"):
        call_command("case_export", institution="home", case=UUID(int=7), output=path)
    assert path.exists()
    assert [found.name for found in tmp_path.iterdir() if found.name.endswith(".part")] == []


def test_a_case_in_which_the_glass_was_broken_says_so_and_verifies(governed: Governed, tmp_path: Path) -> None:
    rules = json.loads(Bundle.objects.get().artifacts["approvals.json"])
    (clause,) = [one["id"] for one in rules["emergencies"] if "files.delete" in one["operations"]]
    proposal = governed.asked(emergency=clause)
    governed.runtime.dry_run(Job.objects.get(proposal=proposal, mode="dry_run"))
    status, said = verified(tmp_path, taken(governed, proposal.case), key_of(governed))
    assert status == 0, said
    assert "by an emergency clause in place of the approval: 1" in said
    assert "ORDER_NOT_APPROVED" not in [one.code for one in reconciliation_of(timezone.now()).differences]


def test_a_case_that_a_delegate_decided_verifies(governed: Governed, tmp_path: Path) -> None:
    deputy = actor_make(governed.institution, Role.DEVOPS)
    proposal = governed.waiting()
    services.delegation_create(
        institution_id=governed.institution.pk,
        role="executive_admin",
        to_user=User.objects.get(code=deputy.id),
        until=timezone.now() + timedelta(days=1),
        actor=governed.executive,
    )
    governed.voted(proposal, actor=deputy)
    status, said = verified(tmp_path, taken(governed, proposal.case), key_of(governed))
    assert status == 0, said
    assert "ORDER_NOT_APPROVED" not in [one.code for one in reconciliation_of(timezone.now()).differences]
