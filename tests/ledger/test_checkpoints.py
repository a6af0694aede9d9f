import os
from pathlib import Path
from uuid import UUID

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from ledger.keys import note_remembered
from ledger.models import Checkpoint, Entry, SigningKey
from ledger.selectors import checkpoint_last, head, signing_keys
from ledger.services import LedgerBrokenError, checkpoint_sign
from ledger.tasks import checkpoint_all
from ledger.verification import chain_verify
from ledger.verifier.opsportal_verify import note_read
from opsportal.core.scope import institution_scope
from tests.ledger.factories import append, body_change, chain, cut, guards_lifted, rewrite_from

pytestmark = [pytest.mark.django_db, pytest.mark.spec("V26")]


def checkpoints(institution_id: UUID) -> list[int]:
    with institution_scope(institution_id):
        return [checkpoint.size for checkpoint in Checkpoint.objects.order_by("size")]


def test_it_covers_what_is_there_and_says_so_in_the_chain() -> None:
    institution_id = chain(5)
    checkpoint = checkpoint_sign(institution_id)
    assert checkpoint is not None
    note = note_read(checkpoint.note)
    assert (note.size, note.root.hex(), note.origin) == (5, checkpoint.root, f"opsportal/ledger/{institution_id}")
    assert head(institution_id).seq == 6
    assert chain_verify(institution_id).is_intact
    assert note_remembered(institution_id) == note


def test_an_idle_chain_is_not_signed_again() -> None:
    institution_id = chain(1)
    assert checkpoint_sign(institution_id) is not None
    assert checkpoint_sign(institution_id) is None
    append(institution_id)
    assert checkpoint_sign(institution_id) is not None
    assert checkpoints(institution_id) == [1, 3]


def test_an_empty_chain_is_not_signed() -> None:
    assert checkpoint_sign(chain()) is None


def test_many_checkpoints_continue_one_tree() -> None:
    institution_id = chain()
    for count in (1, 2, 3, 5, 8):
        append(institution_id, count=count)
        checkpoint_sign(institution_id)
    assert chain_verify(institution_id).is_intact
    assert chain_verify(institution_id, whole=False).after == checkpoints(institution_id)[-1]


def test_a_tree_that_does_not_continue_the_last_one_is_not_signed() -> None:
    institution_id = chain(5)
    checkpoint_sign(institution_id)
    append(institution_id, count=2)
    body_change(institution_id, 7, "true", "false")
    with pytest.raises(LedgerBrokenError, match="entry 7: edited"):
        checkpoint_sign(institution_id)
    assert checkpoints(institution_id) == [5]


def test_who_owns_the_whole_database_still_cannot_have_another_history_signed() -> None:
    institution_id = chain(6)
    checkpoint_sign(institution_id)
    with guards_lifted(), institution_scope(institution_id):
        Checkpoint.objects.all().delete()
    cut(institution_id, 6, rewind=True)
    rewrite_from(institution_id, 3, "true", "false")
    append(institution_id, count=3)
    with pytest.raises(LedgerBrokenError, match="entry 1: forked"):
        checkpoint_sign(institution_id)


def test_a_backup_that_was_restored_is_noticed() -> None:
    institution_id = chain(6)
    checkpoint_sign(institution_id)
    with guards_lifted(), institution_scope(institution_id):
        Checkpoint.objects.all().delete()
    cut(institution_id, 4, rewind=True)
    assert [fault[:2] for fault in chain_verify(institution_id).faults] == [(5, "truncated")]


def test_the_key_is_made_once_and_only_its_owner_reads_it(settings: Settings) -> None:
    institution_id = chain(1)
    checkpoint_sign(institution_id)
    path = Path(settings.CHECKPOINT_KEY_FILE)
    assert path.stat().st_mode & 0o777 == 0o600
    first = path.read_text()
    append(institution_id)
    checkpoint_sign(institution_id)
    assert path.read_text() == first
    assert len(signing_keys(institution_id)) == 1


def test_a_key_that_is_replaced_retires_and_old_notes_stay_good(settings: Settings, tmp_path: Path) -> None:
    institution_id = chain(2)
    checkpoint_sign(institution_id)
    old_file, new_file = settings.CHECKPOINT_KEY_FILE, tmp_path / "new.key"
    new_file.write_text("A" * 43)
    new_file.chmod(0o600)
    settings.CHECKPOINT_KEY_FILE = str(new_file)
    append(institution_id)
    checkpoint_sign(institution_id)
    new, old = signing_keys(institution_id)
    assert (new.retired_at, old.retired_at is not None) == (None, True)
    settings.CHECKPOINT_KEY_FILE = old_file
    append(institution_id)
    checkpoint_sign(institution_id)
    with institution_scope(institution_id):
        assert [key.public for key in SigningKey.objects.filter(retired_at=None)] == [old.public]
    assert chain_verify(institution_id).is_intact


@pytest.mark.parametrize(
    ("text", "mode", "message"),
    [("A" * 43, 0o604, "everybody can read"), ("short", 0o600, "not a checkpoint key"), (None, 0, "cannot be read")],
)
def test_a_key_that_cannot_be_used_says_why(
    text: str | None, mode: int, message: str, settings: Settings, tmp_path: Path
) -> None:
    institution_id = chain(1)
    path = tmp_path / "given.key"
    settings.CHECKPOINT_KEY_FILE = str(path)
    if text is not None:
        path.write_text(text)
        os.chmod(path, mode)
    with pytest.raises(ImproperlyConfigured, match=message):
        checkpoint_sign(institution_id)
    assert checkpoints(institution_id) == []


def test_the_task_signs_every_chain_that_is_sound(caplog: pytest.LogCaptureFixture) -> None:
    sound, broken = chain(2), chain(2)
    body_change(broken, 1, "true", "false")
    checkpoint_all()
    assert checkpoint_last(sound) is not None
    assert checkpoint_last(broken) is None
    with institution_scope(broken):
        assert not Entry.objects.filter(kind="CHECKPOINT_SIGNED").exists()
