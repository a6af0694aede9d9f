"""The command line: enrolling, refusing to, and what is left on the disk by it."""

import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fake_portal import FakePortal
from lab import RUNTIME, Lab

from ops_runtime.config import State, url_host
from ops_runtime.errors import SetupError


def everything(folder: Path) -> bytes:
    """All bytes below a folder."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_configure_writes_what_only_we_may_read_and_never_the_token(bare: Lab) -> None:
    token = bare.portal.token
    done = bare.configure("--name", "laptop")
    assert done.returncode == 0
    assert token not in done.stdout + done.stderr
    assert token.encode() not in everything(bare.state.folder)
    assert stat.S_IMODE(bare.state.folder.stat().st_mode) == 0o700
    for name in ("config.json", "key.pem", "journal.jsonl"):
        assert stat.S_IMODE((bare.state.folder / name).stat().st_mode) == 0o600
    assert bare.portal.runtime_id in done.stdout
    assert bare.state.key_load().public_key().public_bytes_raw().hex() == bare.portal.public


def test_the_token_may_come_from_a_file_or_the_standard_input(bare: Lab, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(bare.portal.token + "\n")
    assert bare.configure("--actor-token-file", str(token), OPS_RUNTIME_ACTOR_TOKEN="").returncode == 0
    missing = bare.configure("--replace", "--actor-token-file", str(tmp_path / "none"))
    assert (missing.returncode, "No such file" in missing.stderr) == (2, True)
    assert "token is needed" in bare.configure("--replace", OPS_RUNTIME_ACTOR_TOKEN="").stderr


def test_a_second_configure_asks_for_replace_and_then_starts_anew(bare: Lab) -> None:
    assert bare.configure().returncode == 0
    old = bare.state.key_file.read_bytes()
    bare.portal.token = "another-token"
    refused = bare.configure()
    assert (refused.returncode, "--replace" in refused.stderr) == (2, True)
    assert bare.portal.token == "another-token"
    assert bare.configure("--replace").returncode == 0
    assert bare.state.key_file.read_bytes() != old
    assert len(list(bare.state.folder.glob("journal.jsonl*"))) == 2
    bare.rounds()
    assert bare.portal.signature_errors == []


def test_a_token_that_is_used_up_leaves_nothing_behind(bare: Lab) -> None:
    bare.portal.token = ""
    done = bare.configure()
    assert (done.returncode, "401" in done.stderr) == (2, True)
    assert not bare.state.config_file.exists()
    assert not bare.state.key_file.exists()


def test_another_institution_than_expected_is_refused(bare: Lab) -> None:
    def change(handler: object, path: str) -> bool:
        bare.portal.institution = "x"
        return False

    bare.portal.faults.append(change)
    done = bare.configure()
    assert (done.returncode, "another institution" in done.stderr) == (2, True)
    assert not bare.state.config_file.exists()


@pytest.mark.parametrize("offset", [-120, 120])
def test_a_clock_that_is_wrong_is_said_at_the_enrolment(bare: Lab, offset: int) -> None:
    bare.portal.clock_offset = offset
    done = bare.configure()
    assert (done.returncode, "clock" in done.stderr) == (2, True)


def test_state_and_root_do_not_lie_in_each_other(bare: Lab) -> None:
    inside = Lab(bare.portal, bare.root, State(bare.root / "state"))
    assert "must not lie in each other" in inside.configure().stderr
    around = Lab(bare.portal, bare.root, State(bare.root.parent))
    assert "must not lie in each other" in around.configure().stderr


@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        ("https://portal.example", True),
        ("https://portal.example:8443/ops", True),
        ("http://127.0.0.1:8000", True),
        ("http://[::1]:8000", True),
        ("http://localhost", True),
        ("http://portal.example", False),
        ("http://127.0.0.1.example.com", False),
        ("http://192.168.1.2", False),
        ("ftp://portal.example", False),
        ("portal.example", False),
        ("https://user:secret@portal.example", False),
        ("https://portal.example/?a=b", False),
    ],
)
def test_unencrypted_http_goes_to_this_machine_only(url: str, is_taken: bool) -> None:
    if is_taken:
        assert url_host(url, allow_insecure=False)
    else:
        with pytest.raises(SetupError):
            url_host(url, allow_insecure=False)
    if url.startswith("http://"):
        assert url_host(url, allow_insecure=True)


def test_only_allowed_operations_are_told_to_the_portal(bare: Lab) -> None:
    assert bare.configure("--allow", "files.list", "--allow", "files.stat").returncode == 0
    bare.rounds()
    assert bare.portal.beats[-1]["capabilities"] == ["files.list", "files.stat"]
    assert bare.portal.beats[-1]["root"] == str(bare.root)


@pytest.mark.parametrize(
    "change",
    [
        {"engine_base_url": "https://elsewhere.example"},
        {"lease_seconds": "60"},
        {"surprise": 1},
        {"limits": {"operations": ["files.shred"]}},
        {"limits": {"items": 0}},
        {"order_keys": [["k", "zz"]]},
    ],
)
def test_a_configuration_that_contradicts_itself_is_not_used(lab: Lab, change: dict[str, object]) -> None:
    found = json.loads(lab.state.config_file.read_text())
    lab.state.config_file.write_text(json.dumps(found | change, sort_keys=True, separators=(",", ":")))
    assert lab.command("run", "--once").returncode == 2
    status = lab.command("status", "--json")
    assert (status.returncode, json.loads(status.stdout)["configured"]) == (1, False)


def test_a_key_that_others_may_read_is_not_used(lab: Lab) -> None:
    lab.state.key_file.chmod(0o644)
    done = lab.command("run", "--once")
    assert (done.returncode, "readable by others" in done.stderr) == (2, True)


def test_status_of_a_machine_that_is_not_configured(bare: Lab) -> None:
    done = bare.command("status")
    assert (done.returncode, "not configured" in done.stdout) == (1, True)
    assert not bare.state.folder.exists()


def test_status_is_not_well_when_nothing_was_heard_for_long(lab: Lab) -> None:
    lab.rounds()
    assert lab.command("status").returncode == 0
    path = lab.state.folder / "contact.json"
    old = json.loads(path.read_text()) | {"last_at": int(time.time()) - 1_000}
    path.write_text(json.dumps(old, sort_keys=True, separators=(",", ":")))
    assert "Last contact" in lab.command("status").stdout


def test_windows_is_refused_in_a_sentence() -> None:
    program = "import os; os.name = 'nt'; import runpy; runpy.run_module('ops_runtime', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(RUNTIME), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "does not run on Windows" in done.stderr) == (1, True)


def test_version_and_help(bare: Lab) -> None:
    assert bare.command("version").stdout == "ops-runtime 0.1.0\n"
    assert "--actor-token-file" in bare.command("configure", "--help").stdout


def test_a_portal_without_encryption_elsewhere_is_refused_before_the_token_is_used(
    portal: FakePortal, bare: Lab
) -> None:
    done = bare.command(
        *("configure", "--institution-id", portal.institution, "--engine-base-url", "http://portal.example"),
        *("--root-dir", str(bare.root), "--actor-token", portal.token),
    )
    assert (done.returncode, "https://" in done.stderr, portal.token != "") == (2, True, True)
