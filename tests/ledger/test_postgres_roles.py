"""The two roles of PostgreSQL: the one that serves can append and read, and nothing else."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from pytest_django import Settings

from ledger.guards import guards_create, role_can_lift_guards
from ledger.selectors import entries_since, head
from ledger.services import checkpoint_sign, payload_erase
from ledger.verification import chain_verify
from tests.ledger.factories import append, chain

ROLE = "ledger_test_app"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.spec("L48"),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no roles"),
]

FORBIDDEN = [
    "INSERT INTO ledger_entry (institution_id, seq, ts, kind, actor, subject, body, hash) "
    "VALUES (gen_random_uuid(), 1, now(), 'X', 'x', 'x:1', '{}', '')",
    "UPDATE ledger_entry SET kind = 'X'",
    "DELETE FROM ledger_entry",
    "TRUNCATE ledger_entry",
    "UPDATE ledger_head SET seq = 0",
    "DELETE FROM ledger_head",
    "DELETE FROM ledger_checkpoint",
    "UPDATE ledger_checkpoint SET note = ''",
    "DELETE FROM ledger_signingkey",
    "DELETE FROM ledger_payload",
    "ALTER TABLE ledger_entry DISABLE TRIGGER ALL",
    "DROP TRIGGER ledger_entry_no_change ON ledger_entry",
    "SET session_replication_role = replica",
    "DROP TABLE ledger_entry CASCADE",
    "CREATE OR REPLACE FUNCTION ledger_append(p_inst uuid, p_left text, p_right text, p_early boolean, "
    "OUT last bigint, OUT is_busy boolean) LANGUAGE sql AS 'SELECT 1::bigint, false'",
    'SELECT ledger_append(\'{inst}\', \'{"inst":"other","prev":"\', \'}\', false)',
    'SELECT ledger_append(\'{inst}\', \'{"inst":"{inst}","prev":"\', \',"seq":7,"prev":"x"}\', false)',
]


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def served(settings: Settings) -> Iterator[UUID]:
    """A chain, and a connection that has become the role that serves."""
    settings.DB_APP_ROLE = ROLE
    sql(f"CREATE ROLE {ROLE}")
    sql(f"GRANT USAGE ON SCHEMA public TO {ROLE}")
    guards_create(connection)
    institution_id = chain(2)
    sql(f"SET LOCAL ROLE {ROLE}")
    yield institution_id
    sql("RESET ROLE")


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_role_that_serves_cannot(statement: str, served: UUID) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        sql(statement.replace("{inst}", str(served)).replace("%", "%%"))
    assert head(served).seq == 2


def test_the_role_that_serves_can_do_its_work(served: UUID) -> None:
    append(served, count=3)
    checkpoint_sign(served)
    assert chain_verify(served).is_intact
    assert [entry.seq for entry in entries_since(served, 0, 10)] == [1, 2, 3, 4, 5, 6]
    assert head(chain()).seq == 0
    assert not role_can_lift_guards(connection, "")


def test_objects_of_the_same_name_in_the_temporary_schema_do_not_mislead_the_function(served: UUID) -> None:
    sql("RESET ROLE")
    sql(f"GRANT TEMPORARY ON DATABASE {connection.settings_dict['NAME']} TO {ROLE}")
    sql(f"SET LOCAL ROLE {ROLE}")
    sql("CREATE TEMPORARY TABLE ledger_head (institution_id uuid, seq bigint, hash text)")
    sql(f"INSERT INTO ledger_head VALUES ('{served}', 99, repeat('f', 64))")
    append(served)
    sql("DROP TABLE pg_temp.ledger_head")
    assert head(served).seq == 3
    assert chain_verify(served).is_intact


def test_erasing_is_allowed_to_it(served: UUID) -> None:
    from ledger.kinds import Kind
    from ledger.services import entry_record, unit
    from opsportal.core.actor import SYSTEM
    from opsportal.core.scope import institution_scope

    with unit(served, SYSTEM):
        entry_record(kind=Kind.FINDING_ACKED, subject=f"finding:{uuid4()}", actor=SYSTEM, private={"note": "x"})
    with institution_scope(served):
        from ledger.models import Payload

        commit = Payload.objects.get().commit
    payload_erase(served, commit=commit, reason="subject-request", actor=SYSTEM)
    assert chain_verify(served).is_intact
