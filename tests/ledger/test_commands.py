import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from ledger.kinds import Kind
from ledger.selectors import EntryFilter, entries_matching, head
from ledger.services import chain_stop, entry_record, unit
from ledger.verifier.opsportal_verify import main
from opsportal.core.actor import SYSTEM, TICKER
from opsportal.institutions.models import Institution
from tests.institutions.factories import institution_make
from tests.ledger.factories import append, body_change, cut

pytestmark = [pytest.mark.django_db, pytest.mark.spec("V26")]


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture
def grown(home: Institution) -> Institution:
    append(home.pk, count=4)
    append(home.pk, actor=TICKER, subject="scenario:other")
    with unit(home.pk, SYSTEM):
        entry_record(kind=Kind.FINDING_ACKED, subject="finding:1", actor=SYSTEM, private={"note": "x"})
    return home


def test_verify_says_that_all_is_well(grown: Institution) -> None:
    institution_make("away")
    end = head(grown.pk)
    said = run("ledger_verify")
    assert f"home: intact, to entry {end.seq}, head {end.hash}" in said
    assert "away: intact" in said


def test_verify_from_the_checkpoint_says_where_it_began(grown: Institution) -> None:
    run("ledger_checkpoint", "--institution", "home")
    seq = head(grown.pk).seq
    assert f"home: intact, from {seq} to entry {seq}" in run(
        "ledger_verify", "--institution", "home", "--from-checkpoint"
    )


def test_verify_names_the_entry_and_fails(grown: Institution) -> None:
    body_change(grown.pk, 3, "desk.api", "desk.web")
    out = io.StringIO()
    with pytest.raises(CommandError, match="broken: home") as failed:
        call_command("ledger_verify", stdout=out)
    assert failed.value.returncode == 1
    assert "  seq 3: edited: " in out.getvalue()


@pytest.mark.parametrize("command", ["ledger_verify", "ledger_checkpoint", "ledger_export"])
def test_an_unknown_institution_is_one_line(command: str, db: None) -> None:
    with pytest.raises(CommandError, match="no institution 'nowhere'"):
        run(command, "--institution", "nowhere")


@pytest.mark.parametrize("command", ["ledger_verify", "ledger_checkpoint", "ledger_export", "ledger_guards"])
def test_each_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        call_command(command, "--help")
    assert stopped.value.code == 0
    assert len(capsys.readouterr().out) > 300


def test_what_the_commands_hand_out_is_what_the_verifier_takes(grown: Institution, tmp_path: Path) -> None:
    run("ledger_checkpoint", "--output", str(tmp_path / "kept"))
    entries, payloads = tmp_path / "entries.jsonl", tmp_path / "payloads.jsonl"
    run("ledger_export", "--institution", "home", "--output", str(entries), "--payloads", str(payloads))
    note = next((tmp_path / "kept").glob("home-*.note"))
    key = (tmp_path / "kept" / "home.keys").read_text().splitlines()[0]
    verify = [str(entries), "--checkpoint", str(note), "--key", key, "--payloads", str(payloads)]
    assert main(verify) == 0
    assert (entries.stat().st_mode & 0o777, payloads.stat().st_mode & 0o777) == (0o600, 0o600)
    exports = entries_matching(grown.pk, EntryFilter(kind="LEDGER_EXPORTED")).order_by("seq")
    assert [json.loads(entry.body)["data"]["format"] for entry in exports] == ["jsonl", "payloads"]
    text = entries.read_text()
    entries.write_text(text.replace("scenario:other", "scenario:third"))
    assert main(verify) == 1


def test_checkpoint_refuses_a_broken_ledger_and_fails(grown: Institution) -> None:
    body_change(grown.pk, 3, "desk.api", "desk.web")
    out = io.StringIO()
    with pytest.raises(CommandError, match="not signed: home"):
        call_command("ledger_checkpoint", stderr=out)
    assert "home: Nothing is signed: entry 3: edited" in out.getvalue()


def test_checkpoint_of_an_empty_ledger_says_so(home: Institution) -> None:
    if head(home.pk).seq == 0:
        assert "home: nothing to sign yet" in run("ledger_checkpoint")


def test_export_filters_and_writes_to_standard_output(
    grown: Institution, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    run(
        "ledger_export",
        "--institution",
        "home",
        "--actor",
        "ticker",
        "--from",
        "2020-01-01",
        "--to",
        "2100-01-01T00:00Z",
    )
    rows = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert [row["subject"] for row in rows] == ["scenario:other"]


def test_export_refuses_a_date_that_is_none(grown: Institution) -> None:
    with pytest.raises(CommandError, match="ISO 8601"):
        run("ledger_export", "--institution", "home", "--from", "yesterday")


def test_a_failed_export_leaves_no_file(grown: Institution, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> object:
        yield b"half"
        raise OSError("disk")

    monkeypatch.setattr("opsportal.institutions.management.commands.ledger_export.ledger_export", fail)
    target = tmp_path / "entries.jsonl"
    with pytest.raises(OSError, match="disk"):
        run("ledger_export", "--institution", "home", "--output", str(target))
    assert not target.exists()


def test_a_stopped_ledger_can_still_be_handed_out(grown: Institution, tmp_path: Path) -> None:
    cut(grown.pk, 2, rewind=False)
    chain_stop(grown.pk)
    target = tmp_path / "entries.jsonl"
    run("ledger_export", "--institution", "home", "--output", str(target))
    assert len(target.read_text().splitlines()) == 2
