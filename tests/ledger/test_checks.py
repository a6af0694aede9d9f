import io

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import Settings

from ledger.checks import guards_require, guards_warning
from ledger.guards import guards_drop, guards_missing

TOLD = "ledger.W001"
pytestmark = [pytest.mark.django_db, pytest.mark.spec("L48")]


def found() -> list[str]:
    return [str(message.id) for message in run_checks(databases=["default"]) if str(message.id).startswith("ledger.")]


def test_all_is_well() -> None:
    guards_require()
    assert found() == [TOLD] * (connection.vendor == "postgresql")


def test_missing_guards_stop_the_start_and_the_command_brings_them_back() -> None:
    guards_drop(connection)
    with pytest.raises(ImproperlyConfigured, match="ledger_entry_no_"):
        guards_require()
    assert "ledger.E001" in found()
    out = io.StringIO()
    call_command("ledger_guards", stdout=out)
    assert "installed again: ledger_checkpoint_n" in out.getvalue()
    assert guards_missing(connection) == []
    call_command("ledger_guards", stdout=out)
    assert "all guards stood" in out.getvalue()


def test_a_migration_that_is_still_to_come_may_bring_them() -> None:
    guards_drop(connection)
    MigrationRecorder(connection).record_unapplied("ledger", "0005_early_release")
    assert found() == []


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no roles")
def test_a_single_role_can_lift_the_guards_and_is_told(settings: Settings) -> None:
    assert connection.settings_dict["USER"] in guards_warning()
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE ledger_test_weak")
    settings.DB_APP_ROLE = "ledger_test_weak"
    assert guards_warning() == ""
    assert found() == []
