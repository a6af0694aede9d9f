"""A case is handed over from its page, and verifies without the portal."""

import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from django.test import Client

from ledger.models import Entry
from opsportal.institutions.access import Role
from tests.institutions.factories import member_make
from tests.remediation.factories import Governed

pytestmark = pytest.mark.spec("V42")


def test_the_page_of_a_proposal_hands_over_a_bundle_that_verifies(
    governed: Governed, client: Client, tmp_path: Path
) -> None:
    job = governed.ordered()
    governed.runtime.take(job)
    governed.runtime.report(job)
    client.force_login(member_make(governed.institution, Role.AUDITOR).user)
    address = f"/i/home/cases/{job.proposal.case}.zip"
    assert address in client.get(job.proposal.get_absolute_url()).content.decode()
    answer = client.get(address)
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # a streamed answer
    assert answer.headers["Content-Disposition"].endswith('.zip"')
    bundle = tmp_path / "case.zip"
    bundle.write_bytes(content)
    (tmp_path / "verify.py").write_bytes(zipfile.ZipFile(BytesIO(content)).read("verify.py"))
    said = subprocess.run(
        [sys.executable, "-I", "-S", tmp_path / "verify.py", bundle], capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stdout + said.stderr
    assert "OK" in said.stdout
    assert Entry.objects.filter(kind="CASE_EXPORTED").count() == 1


def test_who_may_not_export_gets_no_bundle(governed: Governed, client: Client) -> None:
    proposal = governed.waiting()
    client.force_login(member_make(governed.institution, Role.TECHNICIAN).user)
    assert client.get(f"/i/home/cases/{proposal.case}.zip").status_code == 403
    assert b".zip" not in client.get(proposal.get_absolute_url()).content
