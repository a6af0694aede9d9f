import json
from uuid import UUID, uuid4

import pytest

from ledger.commitment import commitment
from ledger.kinds import Kind
from ledger.models import Payload
from ledger.selectors import entries_since, head, payloads_of
from ledger.services import entry_record, payload_erase, unit
from ledger.verification import chain_verify
from opsportal.core.actor import SYSTEM, Actor, ActorKind
from opsportal.core.errors import NotFoundError, RefusedError
from opsportal.core.scope import institution_scope
from tests.ledger.factories import chain

pytestmark = pytest.mark.django_db


@pytest.fixture
def institution_id() -> UUID:
    institution_id = chain()
    with unit(institution_id, SYSTEM):
        entry_record(kind=Kind.FINDING_ACKED, subject="finding:1", actor=SYSTEM, private={"note": "Maria is ill"})
    return institution_id


def commit_of(institution_id: UUID) -> str:
    with institution_scope(institution_id):
        return Payload.objects.get().commit


def test_the_commitment_is_the_documented_one(institution_id: UUID) -> None:
    with institution_scope(institution_id):
        payload = Payload.objects.get()
    assert commitment(bytes.fromhex(payload.salt), payload.body) == payload.commit
    assert len(bytes.fromhex(payload.salt)) == 32


def test_equal_texts_have_unequal_commitments(institution_id: UUID) -> None:
    with unit(institution_id, SYSTEM):
        entry_record(kind=Kind.FINDING_ACKED, subject="finding:2", actor=SYSTEM, private={"note": "Maria is ill"})
    with institution_scope(institution_id):
        assert Payload.objects.values("commit").distinct().count() == 2


def test_erasing_takes_text_and_salt_and_leaves_the_chain_valid(institution_id: UUID) -> None:
    commit = commit_of(institution_id)
    payload = payload_erase(institution_id, commit=commit, reason="subject-request", actor=SYSTEM)
    assert (payload.body, payload.salt, payload.erased_at is not None) == ("", "", True)
    assert payloads_of(institution_id, [commit])[commit].body == ""
    last = json.loads(entries_since(institution_id, 1, 1)[0].body)
    assert (last["kind"], last["data"]) == ("PAYLOAD_ERASED", {"erased": commit, "reason": "subject-request"})
    assert last["subject"] == "finding:1"
    assert chain_verify(institution_id).is_intact


def test_erasing_twice_changes_nothing(institution_id: UUID) -> None:
    commit = commit_of(institution_id)
    first = payload_erase(institution_id, commit=commit, reason="subject-request", actor=SYSTEM)
    again = payload_erase(institution_id, commit=commit, reason="subject-request", actor=SYSTEM)
    assert again.erased_at == first.erased_at
    assert head(institution_id).seq == 2


@pytest.mark.spec("V27")
def test_another_institution_can_neither_see_nor_erase_it(institution_id: UUID) -> None:
    commit, other = commit_of(institution_id), chain()
    assert payloads_of(other, [commit]) == {}
    with pytest.raises(NotFoundError):
        payload_erase(other, commit=commit, reason="subject-request", actor=SYSTEM)
    stranger = Actor(ActorKind.HUMAN, "usr-1", other)
    with pytest.raises(RefusedError):
        payload_erase(institution_id, commit=commit, reason="subject-request", actor=stranger)
    assert payloads_of(institution_id, [commit])[commit].body != ""
    assert head(other).seq == 0


def test_no_such_payload_is_not_found(institution_id: UUID) -> None:
    with pytest.raises(NotFoundError):
        payload_erase(institution_id, commit="00" * 32, reason="subject-request", actor=SYSTEM)


def test_an_erased_row_cannot_keep_its_text() -> None:
    from django.db import IntegrityError, transaction
    from django.utils import timezone

    with pytest.raises(IntegrityError), transaction.atomic():
        Payload.objects.create(
            institution_id=uuid4(), commit="00" * 32, subject="finding:1", salt="", body="kept",
            created_at=timezone.now(), erased_at=timezone.now(),
        )  # fmt: skip
