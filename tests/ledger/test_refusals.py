import json
from uuid import UUID

import pytest
import time_machine

from ledger.selectors import entries_since, head
from ledger.services import refusal_record
from opsportal.core.actor import Actor, ActorKind
from opsportal.core.errors import ConflictError, RefusedError
from tests.ledger.factories import chain

pytestmark = pytest.mark.django_db
SUBJECT = "finding:1"


@pytest.fixture
def institution_id() -> UUID:
    return chain()


def person(institution_id: UUID, name: str = "usr-1") -> Actor:
    return Actor(ActorKind.HUMAN, name, institution_id, frozenset({"noc"}))


def refuse(institution_id: UUID, *, name: str = "usr-1", code: str | None = None) -> bool:
    error = RefusedError("You may not", code=code)
    return refusal_record(institution_id, actor=person(institution_id, name), error=error, subject=SUBJECT)


def test_a_refusal_is_kept_with_its_code_and_the_roles_that_did_not_suffice(institution_id: UUID) -> None:
    assert refuse(institution_id)
    body = json.loads(entries_since(institution_id, 0, 1)[0].body)
    assert (body["kind"], body["actor"], body["subject"]) == ("RBAC_DECISION", "usr-1", SUBJECT)
    assert body["data"] == {"effect": "denied", "code": "RBAC_DENIED", "status": 403, "roles": ["noc"]}


def test_a_hammering_client_leaves_one_entry_per_code_and_minute(institution_id: UUID) -> None:
    with time_machine.travel("2026-01-01T10:00:05Z", tick=False):
        assert [refuse(institution_id) for _ in range(5)] == [True, False, False, False, False]
        assert refuse(institution_id, code="POLICY_DENIED")
        assert refuse(institution_id, name="usr-2")
    with time_machine.travel("2026-01-01T10:01:00Z", tick=False):
        assert refuse(institution_id)
    assert head(institution_id).seq == 4


def test_other_refusals_are_kept_too(institution_id: UUID) -> None:
    error = ConflictError("taken")
    assert refusal_record(institution_id, actor=person(institution_id), error=error, subject=SUBJECT)
    data = json.loads(entries_since(institution_id, 0, 1)[0].body)["data"]
    assert (data["code"], data["status"]) == ("CONFLICT", 409)
