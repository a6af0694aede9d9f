"""The triggers, tried for real on whichever engine the suite runs."""

from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from ledger.entry import GENESIS
from ledger.guards import NAMES, guards_create, guards_drop, guards_missing
from ledger.models import Entry
from ledger.selectors import entries_since, head
from opsportal.core.scope import institution_scope
from tests.ledger.factories import append, chain

pytestmark = pytest.mark.django_db
INTO = 'ledger_entry (id, institution_id, seq, ts, kind, actor, subject, "case", body, hash)'
SAME = 'id, institution_id, seq, ts, kind, actor, subject, "case", body, hash'

EVERYWHERE = [
    "UPDATE ledger_entry SET kind = 'X'",
    "UPDATE ledger_entry SET body = body || ' '",
    "DELETE FROM ledger_entry",
    "DELETE FROM ledger_entry WHERE seq = 2",
    "UPDATE ledger_head SET seq = 1",
    "UPDATE ledger_head SET seq = seq",
    "DELETE FROM ledger_head",
    f"INSERT INTO {INTO} SELECT {SAME} FROM ledger_entry WHERE true "
    "ON CONFLICT (institution_id, seq) DO UPDATE SET body = 'x'",
    f"INSERT INTO {INTO} SELECT {SAME} FROM ledger_entry WHERE true ON CONFLICT (id) DO UPDATE SET body = 'x'",
]
SQLITE = [
    f"INSERT OR REPLACE INTO {INTO} SELECT {SAME} FROM ledger_entry WHERE seq = 2",
    f"INSERT OR REPLACE INTO {INTO} SELECT {SAME.replace('id,', 'id + 100,', 1)} FROM ledger_entry WHERE seq = 2",
    f"INSERT OR REPLACE INTO {INTO} SELECT {SAME.replace('seq', '4', 1)} FROM ledger_entry WHERE seq = 2",
    f"REPLACE INTO {INTO} SELECT {SAME} FROM ledger_entry WHERE seq = 3",
    f"INSERT INTO {INTO} SELECT {SAME.replace('id,', 'id + 100,', 1).replace('seq', '9', 1)} FROM ledger_entry",
    "INSERT OR REPLACE INTO ledger_head SELECT institution_id, 0, hash FROM ledger_head",
    "UPDATE OR REPLACE ledger_entry SET seq = 1 WHERE seq = 2",
    "UPDATE ledger_head SET seq = 99",
]
POSTGRES = [
    "TRUNCATE ledger_entry",
    "TRUNCATE ledger_head",
    "TRUNCATE ledger_checkpoint",
    "TRUNCATE ledger_entry, ledger_head CASCADE",
    "MERGE INTO ledger_entry e USING ledger_head h ON e.institution_id = h.institution_id "
    "WHEN MATCHED THEN UPDATE SET body = 'x'",
    "MERGE INTO ledger_entry e USING ledger_head h ON e.institution_id = h.institution_id WHEN MATCHED THEN DELETE",
    "SET LOCAL session_replication_role = replica; DELETE FROM ledger_entry",
]


def attempt(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def picture(institution_id: UUID) -> list[tuple[object, ...]]:
    with institution_scope(institution_id):
        return [*Entry.objects.order_by("seq").values_list(), (head(institution_id).seq, head(institution_id).hash)]


@pytest.mark.spec("L48")
@pytest.mark.parametrize("statement", EVERYWHERE)
def test_a_change_is_refused(statement: str) -> None:
    institution_id = chain(3)
    before = picture(institution_id)
    with pytest.raises(IntegrityError, match="ledger: "):
        attempt(statement)
    assert picture(institution_id) == before


@pytest.mark.spec("L48")
@pytest.mark.skipif(connection.vendor != "sqlite", reason="the words of SQLite")
@pytest.mark.parametrize("statement", SQLITE)
def test_sqlite_refuses_what_goes_round_delete_triggers(statement: str) -> None:
    institution_id = chain(3)
    before = picture(institution_id)
    with pytest.raises(IntegrityError, match="ledger: "):
        attempt(statement)
    assert picture(institution_id) == before


@pytest.mark.spec("L48")
@pytest.mark.skipif(connection.vendor != "postgresql", reason="the words of PostgreSQL")
@pytest.mark.parametrize("statement", POSTGRES)
def test_postgresql_refuses_truncate_merge_and_replica_mode(statement: str) -> None:
    institution_id = chain(3)
    before = picture(institution_id)
    with pytest.raises(IntegrityError, match="ledger: "):
        attempt(statement)
    assert picture(institution_id) == before


def test_a_second_head_is_refused() -> None:
    institution_id = chain(1)
    param = institution_id.hex if connection.vendor == "sqlite" else str(institution_id)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO ledger_head (institution_id, seq, hash) VALUES (%s, 0, %s)", [param, GENESIS])


def test_the_orm_cannot_change_an_entry_either() -> None:
    institution_id = chain(2)
    entry = entries_since(institution_id, 0, 1)[0]
    entry.kind = "X"
    with institution_scope(institution_id):
        for act in (entry.save, entry.delete, Entry.objects.all().delete, lambda: Entry.objects.update(kind="X")):
            with pytest.raises(IntegrityError, match="ledger: "), transaction.atomic():
                act()
    assert head(institution_id).seq == 2


def test_all_guards_stand_and_a_missing_one_is_named() -> None:
    assert guards_missing(connection) == []
    guards_drop(connection)
    assert guards_missing(connection) == sorted(NAMES[connection.vendor])
    guards_create(connection)
    assert guards_missing(connection) == []
    append(chain(1))


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps the text elsewhere")
def test_a_trigger_of_the_right_name_that_does_nothing_counts_as_missing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER ledger_entry_no_update")
        cursor.execute("CREATE TRIGGER ledger_entry_no_update BEFORE UPDATE ON ledger_entry BEGIN SELECT 1; END")
    assert guards_missing(connection) == ["ledger_entry_no_update"]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite cannot disable a trigger")
def test_a_disabled_trigger_counts_as_missing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_no_change")
    assert guards_missing(connection) == ["ledger_entry_no_change"]
