"""What must be true of the database before anything is written: the guards stand."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader

from ledger.guards import guards_missing, role_can_lift_guards


@checks.register(checks.Tags.database)
def guards_check(
    app_configs: object, databases: Sequence[str] | None = None, **options: Any
) -> list[checks.CheckMessage]:
    """Report guards that are missing, and a role that could lift them. Runs with ``migrate`` and ``check --database``."""
    if "default" not in (databases or ()) or not _is_migrated():
        return []
    found: list[checks.CheckMessage] = []
    if missing := guards_missing(connections["default"]):
        hint = "Find out who removed them, run `manage.py ledger_verify`, then `manage.py ledger_guards`."
        found.append(checks.Error(f"The ledger is not guarded: {', '.join(missing)}", hint=hint, id="ledger.E001"))
    if warning := guards_warning():
        found.append(checks.Warning(warning, hint="See docs/ledger.md, PostgreSQL with two roles.", id="ledger.W001"))
    return found


def guards_require() -> None:
    """Refuse to go on without the guards: call it at the start of what serves. Raises ImproperlyConfigured."""
    if missing := guards_missing(connection):
        raise ImproperlyConfigured(
            f"the ledger is not guarded ({', '.join(missing)}): find out who removed the triggers, "
            "run manage.py ledger_verify, then manage.py ledger_guards"
        )


def guards_warning() -> str:
    """Return a sentence when the PostgreSQL role that serves could lift the guards, else an empty text.

    On SQLite whoever can write the file could, which needs no telling.
    """
    if connection.vendor != "postgresql" or not role_can_lift_guards(connection, settings.DB_APP_ROLE):
        return ""
    role = settings.DB_APP_ROLE or connection.settings_dict["USER"]
    return f"The database role {role} owns the ledger's tables or is a superuser: it could lift their guards."


def _is_migrated() -> bool:
    # A migration that is still to come may be the one that installs what is missing.
    loader = MigrationLoader(connections["default"])
    return all(key in loader.applied_migrations for key in loader.disk_migrations if key[0] == "ledger")
