"""Play the owner of the database: lift the triggers, tamper, and see both verifiers name the entry."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from ledger.keys import key_text
from ledger.kinds import Kind
from ledger.models import Checkpoint, Entry, Head, Payload, SigningKey
from ledger.selectors import EntryFilter, entries_since, head, signing_keys
from ledger.services import checkpoint_sign, entry_record, ledger_export, payload_erase, unit
from ledger.verification import chain_verify
from ledger.verifier import opsportal_verify
from opsportal.core.actor import SYSTEM
from opsportal.core.scope import institution_scope
from tests.ledger.factories import (
    append,
    body_change,
    chain,
    cut,
    guards_lifted,
    remove,
    rewrite_from,
    swap,
)

pytestmark = [pytest.mark.django_db, pytest.mark.spec("V26")]
VERIFIER = Path(opsportal_verify.__file__)


@dataclass(frozen=True, slots=True)
class Anchor:
    """What an auditor took home before anybody tampered."""

    note: Path
    key: str


@pytest.fixture
def institution_id() -> UUID:
    """A chain of 10 entries, a checkpoint over them (entry 11), and 3 more: 14 in all."""
    institution_id = chain(10)
    checkpoint_sign(institution_id)
    append(institution_id, count=3)
    return institution_id


@pytest.fixture
def anchor(institution_id: UUID, tmp_path: Path) -> Anchor:
    with institution_scope(institution_id):
        checkpoint = Checkpoint.objects.get()
    path = tmp_path / "checkpoint.txt"
    path.write_text(checkpoint.note, encoding="utf-8", newline="")
    return Anchor(path, key_text(signing_keys(institution_id)[0]))


def portal(institution_id: UUID, *, whole: bool = True) -> list[tuple[int, str]]:
    return [fault[:2] for fault in chain_verify(institution_id, whole=whole).faults]


def dump(institution_id: UUID, path: Path) -> Path:
    """Write the entries as an export would, without leaving an entry about it."""
    path.write_text("".join(f"{entry.body}\n" for entry in entries_since(institution_id, 0, 100)), encoding="utf-8")
    return path


def alone(entries: Path, *arguments: str) -> tuple[int, list[tuple[int, str]], str]:
    """Run the stand-alone verifier as an auditor would; return its status, its faults, and what it said."""
    command = [sys.executable, "-I", "-S", str(VERIFIER), str(entries), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    lines = [line.removeprefix("seq ").split(": ") for line in done.stdout.splitlines() if line.startswith("seq ")]
    return done.returncode, [(int(line[0]), line[1]) for line in lines], done.stdout + done.stderr


def test_an_untouched_chain_is_intact(institution_id: UUID, anchor: Anchor, tmp_path: Path) -> None:
    found = chain_verify(institution_id)
    assert (found.faults, found.after, found.size, found.head) == ((), 0, 14, head(institution_id).hash)
    later = chain_verify(institution_id, whole=False)
    assert (later.faults, later.after, later.size, later.head) == ((), 10, 14, head(institution_id).hash)
    assert later.tree.root() == found.tree.root()
    entries = dump(institution_id, tmp_path / "x.jsonl")
    status, faults, said = alone(entries, "--checkpoint", str(anchor.note), "--key", anchor.key)
    assert (status, faults) == (0, [])
    assert "14 entries, 10 covered by a checkpoint" in said


def leaf_of(institution_id: UUID, seq: int) -> str:
    return entries_since(institution_id, seq - 1, 1)[0].hash


Tamper = Callable[[UUID], None]
TAMPERS: dict[str, tuple[Tamper, list[tuple[int, str]], list[tuple[int, str]]]] = {
    "edit one in the middle": (
        lambda inst: body_change(inst, 5, '"is_enabled":true', '"is_enabled":false'),
        [(5, "edited")],
        [(5, "edited")],
    ),
    "edit the first": (
        lambda inst: body_change(inst, 1, "opsportal", "somebody"),
        [(1, "edited")],
        [(1, "edited")],
    ),
    "edit one and its hash": (
        lambda inst: body_change(inst, 5, '"is_enabled":true', '"is_enabled":false', rehash=True),
        [(5, "edited")],
        [(5, "edited")],
    ),
    "change a link": (
        lambda inst: body_change(inst, 5, leaf_of(inst, 4), "00" * 32, rehash=True),
        [(5, "edited")],
        [(5, "edited")],
    ),
    "delete one": (lambda inst: remove(inst, 6), [(6, "missing")], [(6, "missing")]),
    "delete the first": (lambda inst: remove(inst, 1), [(1, "missing")], [(1, "missing")]),
    "reorder two": (
        lambda inst: swap(inst, 4, 5),
        [(4, "column"), (4, "reordered"), (5, "column")],
        [(4, "reordered")],
    ),
    "cut the end": (
        lambda inst: cut(inst, 8, rewind=False),
        [(9, "truncated")],
        [(9, "truncated")],
    ),
    "cut the end and rewind the head": (
        lambda inst: cut(inst, 8, rewind=True),
        [(9, "truncated")],
        [(9, "truncated")],
    ),
    "rewrite everything from one on": (
        lambda inst: rewrite_from(inst, 7, '"is_enabled":true', '"is_enabled":false'),
        [(1, "forked")],
        [(1, "forked")],
    ),
    "make it unreadable": (
        lambda inst: body_change(inst, 3, '{"actor"', '{"actor'),
        [(3, "edited"), (3, "unreadable")],
        [(3, "edited"), (3, "unreadable")],
    ),
    "add a blank": (
        lambda inst: body_change(inst, 3, '"v":1}', '"v": 1}'),
        [(3, "edited"), (3, "unreadable")],
        [(3, "edited"), (3, "unreadable")],
    ),
    "move it to another institution": (
        lambda inst: body_change(inst, 3, f'"inst":"{inst}"', f'"inst":"{uuid4()}"'),
        [(3, "edited"), (3, "foreign")],
        [(3, "edited"), (3, "foreign")],
    ),
}


@pytest.mark.parametrize("name", TAMPERS)
def test_both_verifiers_name_the_entry(name: str, institution_id: UUID, anchor: Anchor, tmp_path: Path) -> None:
    tamper, by_portal, by_file = TAMPERS[name]
    tamper(institution_id)
    assert portal(institution_id) == by_portal
    entries = dump(institution_id, tmp_path / "x.jsonl")
    status, faults, _ = alone(entries, "--checkpoint", str(anchor.note), "--key", anchor.key)
    assert (status, faults) == (1, by_file)


@pytest.mark.parametrize("name", ["delete one", "reorder two", "edit one in the middle"])
def test_a_broken_chain_is_seen_without_a_checkpoint_too(name: str, institution_id: UUID, tmp_path: Path) -> None:
    tamper, _, by_file = TAMPERS[name]
    tamper(institution_id)
    status, faults, _ = alone(dump(institution_id, tmp_path / "x.jsonl"), "--unanchored")
    assert (status, faults) == (1, by_file)


def edit_tail(inst: UUID) -> None:
    body_change(inst, 14, '"is_enabled":true', '"is_enabled":false')


def edit_tail_and_hash(inst: UUID) -> None:
    body_change(inst, 14, '"is_enabled":true', '"is_enabled":false', rehash=True)


@pytest.mark.parametrize(
    ("tamper", "faults"),
    [
        (edit_tail, [(14, "edited")]),
        (edit_tail_and_hash, [(14, "edited")]),
        (lambda inst: body_change(inst, 12, '"is_enabled":true', '"is_enabled":false'), [(12, "edited")]),
        (lambda inst: remove(inst, 13), [(13, "missing")]),
        (lambda inst: cut(inst, 12, rewind=False), [(13, "truncated")]),
        (lambda inst: cut(inst, 8, rewind=True), [(9, "truncated")]),
        (lambda inst: body_change(inst, 10, "true", "false"), [(10, "edited")]),
        (lambda inst: remove(inst, 10), [(10, "missing")]),
    ],
)
def test_from_the_last_checkpoint_on_the_portal_sees_as_much(
    tamper: Tamper, faults: list[tuple[int, str]], institution_id: UUID
) -> None:
    tamper(institution_id)
    assert portal(institution_id, whole=False) == faults


def test_a_column_that_disagrees_with_the_bytes_is_named(institution_id: UUID) -> None:
    changes: list[dict[str, object]] = [
        {"kind": "X"},
        {"actor": "x"},
        {"subject": "x:1"},
        {"case": uuid4()},
        {"ts": "2020-01-01T00:00:00Z"},
    ]
    for seq, change in enumerate(changes, 2):
        with guards_lifted(), institution_scope(institution_id):
            Entry.objects.filter(seq=seq).update(**change)
    assert portal(institution_id) == [(seq, "column") for seq in range(2, 7)]


def test_a_missing_head_is_named(institution_id: UUID) -> None:
    with guards_lifted(), institution_scope(institution_id):
        Head.objects.all().delete()
    assert portal(institution_id) == [(0, "truncated")]


def test_entries_behind_the_head_are_named(institution_id: UUID) -> None:
    with guards_lifted(), institution_scope(institution_id):
        Head.objects.update(seq=12, hash=Entry.objects.get(seq=12).hash)
    assert portal(institution_id) == [(13, "surplus")]


def test_a_checkpoint_that_is_taken_away_is_missed(institution_id: UUID) -> None:
    with guards_lifted(), institution_scope(institution_id):
        Checkpoint.objects.all().delete()
    assert portal(institution_id) == [(11, "checkpoint")]


def test_a_key_that_is_replaced_is_missed(institution_id: UUID) -> None:
    with institution_scope(institution_id):
        SigningKey.objects.update(public="00" * 32)
    assert portal(institution_id) == [(10, "checkpoint"), (11, "checkpoint")]


@pytest.mark.parametrize("column", ["note", "root", "peaks", "head_hash"])
def test_an_altered_checkpoint_is_named(column: str, institution_id: UUID) -> None:
    with guards_lifted(), institution_scope(institution_id):
        value = getattr(Checkpoint.objects.get(), column)
        altered = value.replace("\n10\n", "\n11\n") if column == "note" else "00" * 32
        Checkpoint.objects.update(**{column: altered})
    assert (10, "checkpoint") in portal(institution_id, whole=column != "peaks") or column == "head_hash"
    assert portal(institution_id, whole=False) != []


def test_payloads_are_verified_and_erasure_is_allowed(institution_id: UUID) -> None:
    with unit(institution_id, SYSTEM):
        for text in ("one", "two", "three", "four"):
            subject = f"finding:{uuid4()}"
            entry_record(kind=Kind.FINDING_ACKED, subject=subject, actor=SYSTEM, private={"note": text})
    with institution_scope(institution_id):
        _, second, third, fourth = Payload.objects.order_by("id")
        payload_erase(institution_id, commit=second.commit, reason="subject-request", actor=SYSTEM)
        assert portal(institution_id) == []
        Payload.objects.filter(pk=third.pk).update(body='{"note":"other"}')
        fourth.delete()
    assert portal(institution_id) == [(17, "payload"), (18, "payload")]


def test_an_erasure_without_an_entry_is_named(institution_id: UUID) -> None:
    with unit(institution_id, SYSTEM):
        entry_record(kind=Kind.FINDING_ACKED, subject=f"finding:{uuid4()}", actor=SYSTEM, private={"note": "x"})
    with institution_scope(institution_id):
        Payload.objects.update(body="", salt="")
    assert portal(institution_id) == [(15, "payload")]


def test_an_export_verifies(institution_id: UUID, anchor: Anchor, tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    path.write_bytes(b"".join(ledger_export(institution_id, form="jsonl", where=EntryFilter(), actor=SYSTEM)))
    assert alone(path, "--checkpoint", str(anchor.note), "--key", anchor.key)[0] == 0
