"""The journal: what was written stays, and what was changed is noticed."""

import json
from pathlib import Path

import pytest
from lab import Lab

from ops_runtime.errors import JournalError
from ops_runtime.journal import Journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal of five lines."""
    journal = Journal(tmp_path / "journal.jsonl")
    for number in range(5):
        journal.append("begun", job=f"job-{number}", nonce=f"{number:032x}", order="ab" * 32)
    journal.close()
    return tmp_path / "journal.jsonl"


def test_it_knows_its_jobs_again(path: Path) -> None:
    journal = Journal(path)
    assert (journal.seq, set(journal.jobs), len(journal.nonces)) == (5, {f"job-{n}" for n in range(5)}, 5)
    assert [line.seq for line in journal.lines(3)] == [4, 5]
    journal.close()


def test_every_changed_bit_is_noticed(path: Path) -> None:
    body = path.read_bytes()
    for place in range(0, len(body) - 1, 41):
        path.write_bytes(body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :])
        if place > body.rindex(b"\n", 0, len(body) - 1):
            continue  # the last line: nothing follows it here; the portal has its hash
        with pytest.raises(JournalError):
            Journal(path)


@pytest.mark.parametrize("lines", [[0, 1, 3, 4], [1, 2, 3, 4], [0, 2, 1, 3, 4], [0, 0, 1, 2, 3, 4]])
def test_lines_that_are_missing_moved_or_doubled_are_noticed(path: Path, lines: list[int]) -> None:
    given = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(given[number] for number in lines))
    with pytest.raises(JournalError):
        Journal(path)


def test_a_line_that_the_power_went_away_from_is_cut_off(path: Path) -> None:
    body = path.read_bytes()
    path.write_bytes(body + body[:50])
    journal = Journal(path)
    assert journal.seq == 5
    journal.append("done", job="job-0")
    journal.close()
    assert path.read_bytes().startswith(body)
    assert path.read_bytes().count(b"\n") == 6


def test_two_may_write_and_the_chain_holds(path: Path) -> None:
    one, other = Journal(path), Journal(path)
    for number in range(10):
        (one if number % 3 else other).append("restored", note=str(number))
    assert one.append("done").seq == 16
    assert [json.loads(line.text)["seq"] for line in other.lines()] == list(range(1, 17))
    one.close()
    other.close()


def test_a_journal_that_became_shorter_stops_whoever_has_it_open(path: Path) -> None:
    journal = Journal(path)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:3]))
    with pytest.raises(JournalError, match="shorter"):
        journal.append("done")
    journal.close()


def test_a_cut_tail_is_noticed_by_what_the_portal_has(lab: Lab) -> None:
    lab.look("files.stat", path=".")
    lines = lab.state.journal_file.read_bytes().splitlines(keepends=True)
    lab.state.journal_file.write_bytes(b"".join(lines[:-1]))
    verified = lab.command("journal", "verify")
    assert (verified.returncode, "shorter" in verified.stdout) == (1, True)
    assert lab.command("status").returncode == 1
    assert lab.command("run", "--once").returncode == 2
