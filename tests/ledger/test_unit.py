import json
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from structlog.contextvars import bound_contextvars

from ledger.entry import GENESIS, leaf
from ledger.kinds import Kind
from ledger.models import Entry, Payload
from ledger.schema import EntryRefusedError
from ledger.selectors import entries_since, head
from ledger.services import chain_start, entry_record, unit
from opsportal.core.actor import SYSTEM, Actor, ActorKind
from opsportal.core.errors import NotFoundError, RefusedError
from opsportal.core.scope import institution_scope
from tests.ledger.factories import append, chain, change

pytestmark = pytest.mark.django_db


def bodies(institution_id: UUID) -> list[dict[str, object]]:
    return [json.loads(entry.body) for entry in entries_since(institution_id, 0, 100)]


def test_a_new_chain_is_empty() -> None:
    institution_id = chain()
    assert (head(institution_id).seq, head(institution_id).hash) == (0, GENESIS)
    assert entries_since(institution_id, 0, 10) == []


def test_no_chain_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        head(uuid4())


def test_a_chain_starts_once() -> None:
    institution_id = chain()
    with pytest.raises(IntegrityError), transaction.atomic(), unit(institution_id, SYSTEM):
        chain_start(institution_id)


def test_entries_are_numbered_and_linked() -> None:
    institution_id = chain(2)
    append(institution_id, count=3)
    entries = entries_since(institution_id, 0, 10)
    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5]
    links = [GENESIS, *(leaf(entry.body) for entry in entries)]
    assert [json.loads(entry.body)["prev"] for entry in entries] == links[:-1]
    assert [entry.hash for entry in entries] == links[1:]
    assert (head(institution_id).seq, head(institution_id).hash) == (5, links[-1])


def test_the_body_says_who_did_what_to_what() -> None:
    institution_id, case, request_id = chain(), uuid4(), str(uuid4())
    actor = Actor(ActorKind.HUMAN, "usr-1", institution_id, frozenset({"noc", "auditor"}), on_behalf_of="A3")
    with bound_contextvars(request_id=request_id), unit(institution_id, actor):
        entry_record(kind=Kind.FINDING_ACKED, subject=f"finding:{case}", actor=actor, case=case)
    entry = entries_since(institution_id, 0, 1)[0]
    body = json.loads(entry.body)
    assert body == {
        "actor": "usr-1",
        "actor_kind": "human",
        "bundle": None,
        "case": str(case),
        "data": {"roles": ["auditor", "noc"], "on_behalf_of": "A3", "request_id": request_id},
        "inst": str(institution_id),
        "kind": "FINDING_ACKED",
        "prev": GENESIS,
        "seq": 1,
        "subject": f"finding:{case}",
        "ts": entry.ts.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "v": 1,
    }
    assert (entry.kind, entry.actor, entry.subject, entry.case) == ("FINDING_ACKED", "usr-1", f"finding:{case}", case)


def test_a_request_id_that_a_client_made_up_stays_out() -> None:
    institution_id = chain()
    with bound_contextvars(request_id="maria@example.org"):
        append(institution_id)
    assert "request_id" not in str(bodies(institution_id)[0]["data"])


def test_nested_units_join_and_append_once() -> None:
    institution_id, other = chain(), chain()
    with unit(institution_id, SYSTEM):
        change()
        with unit(other, SYSTEM):
            change()
        assert head(other).seq == 0
        change()
    assert (head(institution_id).seq, head(other).seq) == (2, 1)


@pytest.mark.django_db(transaction=True)
def test_an_error_caught_around_a_nested_unit_still_undoes_the_whole() -> None:
    institution_id = chain()

    def act() -> None:
        with unit(institution_id, SYSTEM):
            change()
            try:
                with unit(institution_id, SYSTEM):
                    raise KeyError("lost")
            except KeyError:
                pass

    with pytest.raises(transaction.TransactionManagementError):
        act()
    assert head(institution_id).seq == 0


def test_an_error_undoes_rows_and_entries() -> None:
    institution_id = chain()

    def act() -> None:
        with unit(institution_id, SYSTEM):
            change()
            subject = f"finding:{uuid4()}"
            entry_record(kind=Kind.FINDING_ACKED, subject=subject, actor=SYSTEM, private={"note": "not this time"})
            raise KeyError("no")

    with pytest.raises(KeyError):
        act()
    assert head(institution_id).seq == 0
    with institution_scope(institution_id):
        assert not Payload.objects.exists()


def test_nothing_is_recorded_outside_a_unit() -> None:
    with pytest.raises(RuntimeError, match="unit"):
        change()


def test_an_actor_of_another_institution_is_refused() -> None:
    institution_id = chain()
    stranger = Actor(ActorKind.HUMAN, "usr-2", uuid4())
    with pytest.raises(RefusedError), unit(institution_id, stranger):
        change(actor=stranger)
    assert head(institution_id).seq == 0


def test_an_institution_without_a_chain_cannot_be_written_for() -> None:
    with pytest.raises(IntegrityError, match="has no chain"), transaction.atomic():
        append(uuid4())


@pytest.mark.parametrize(
    ("subject", "actor"),
    [
        ("Maria Silva", SYSTEM),
        ("finding:", SYSTEM),
        ("user:maria@example.org", SYSTEM),
        ("finding:1", Actor(ActorKind.HUMAN, "Maria Silva")),
        ("finding:1", Actor(ActorKind.HUMAN, "maria@example.org")),
    ],
)
def test_names_and_addresses_are_no_ids(subject: str, actor: Actor) -> None:
    institution_id = chain()
    with pytest.raises(EntryRefusedError), unit(institution_id, SYSTEM):
        change(subject=subject, actor=actor)
    assert head(institution_id).seq == 0


def test_private_text_enters_as_a_commitment_only() -> None:
    institution_id = chain()
    with unit(institution_id, SYSTEM):
        entry_record(
            kind=Kind.FINDING_ACKED, subject=f"finding:{uuid4()}", actor=SYSTEM, private={"note": "Maria is ill"}
        )
    entry = entries_since(institution_id, 0, 1)[0]
    assert "Maria" not in entry.body
    with institution_scope(institution_id):
        payload = Payload.objects.get()
    assert json.loads(entry.body)["data"]["commit"] == payload.commit
    assert payload.body == '{"note":"Maria is ill"}'


def test_entries_are_seen_in_their_institution_only() -> None:
    institution_id = chain(1)
    with institution_scope(uuid4()):
        assert not Entry.objects.exists()
    with institution_scope(institution_id):
        assert Entry.objects.get().institution_id == institution_id


def test_a_unit_of_one_entry_needs_few_statements(django_assert_max_num_queries: object) -> None:
    institution_id = chain()
    limit = 5 if connection.vendor == "sqlite" else 3
    with django_assert_max_num_queries(limit):  # type: ignore[operator]  # a fixture of pytest-django without a type
        append(institution_id, count=50)
