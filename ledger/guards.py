"""The SQL that keeps entries, heads and checkpoints append-only, on both engines.

SQLite rebuilds a table when a migration changes it, and drops its triggers. So every migration
that touches a ledger table ends with ``migrations.RunPython(guards_install, noop)``; this module is
the one piece of the app that migrations may import, because it is text and imports no model.

Triggers stop programs and injected SQL. They do not stop the owner of the file or of the
tables: signed checkpoints, kept elsewhere, show what such an owner did.
"""

from typing import Any

from django.conf import settings

from ledger.sql_postgres import POSTGRES_FUNCTIONS, POSTGRES_GRANTS, POSTGRES_TRIGGERS
from ledger.sql_sqlite import SQLITE_TRIGGERS

NAMES = {
    "sqlite": frozenset(SQLITE_TRIGGERS),
    "postgresql": frozenset(POSTGRES_TRIGGERS),
}


def guards_install(_apps: object, schema_editor: Any) -> None:
    """Create or replace every trigger and function; for ``migrations.RunPython``."""
    guards_create(schema_editor.connection)


def guards_create(connection: Any) -> None:
    """Create or replace every trigger and function on ``connection``.

    On PostgreSQL, when the role that ``OPSPORTAL_DB_APP_ROLE`` names exists, it also gets exactly the
    rights that serving needs: it can append through the function and read, and nothing else.
    """
    with connection.cursor() as cursor:
        for statement in _statements(connection.vendor):
            cursor.execute(statement)
        if connection.vendor == "postgresql" and _role_exists(cursor, settings.DB_APP_ROLE):
            for grant in POSTGRES_GRANTS:
                cursor.execute(grant.format(role=settings.DB_APP_ROLE.replace('"', '""')))


def guards_drop(connection: Any) -> None:
    """Remove the triggers. For tests that must tamper, and for the flush after a test."""
    with connection.cursor() as cursor:
        for name in sorted(NAMES[connection.vendor]):
            suffix = f" ON {_table(name)}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{suffix}")


def guards_missing(connection: Any) -> list[str]:
    """Return the names of the triggers that are absent or disabled, in order; empty when all stand."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            present = {name for name, sql in cursor.fetchall() if sql == SQLITE_TRIGGERS.get(name)}
        else:
            cursor.execute("SELECT tgname FROM pg_trigger WHERE tgenabled = 'A' AND NOT tgisinternal")
            present = {name for (name,) in cursor.fetchall()}
    return sorted(NAMES[connection.vendor] - present)


def role_can_lift_guards(connection: Any, role: str) -> bool:
    """Return True when ``role`` (empty: the one that is connected) owns the tables or is a superuser.

    Whoever can write a SQLite file can always.
    """
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT bool_or(r.rolsuper OR pg_has_role(r.oid, c.relowner, 'MEMBER')) FROM pg_roles r, pg_class c "
            "WHERE r.rolname = coalesce(nullif(%s, ''), current_user) AND c.oid = 'public.ledger_entry'::regclass",
            [role],
        )
        return bool(cursor.fetchone()[0])


def _role_exists(cursor: Any, role: str) -> bool:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
    return cursor.fetchone() is not None


def _statements(vendor: str) -> list[str]:
    if vendor == "sqlite":
        drops = [f"DROP TRIGGER IF EXISTS {name}" for name in SQLITE_TRIGGERS]
        return [*drops, *SQLITE_TRIGGERS.values()]
    triggers = [
        statement
        for name, event in POSTGRES_TRIGGERS.items()
        for statement in (
            f"DROP TRIGGER IF EXISTS {name} ON {_table(name)}",
            f"CREATE TRIGGER {name} {event}",
            f"ALTER TABLE {_table(name)} ENABLE ALWAYS TRIGGER {name}",
        )
    ]
    return [*POSTGRES_FUNCTIONS, *triggers]


def _table(trigger: str) -> str:
    return "_".join(trigger.split("_")[:2])
