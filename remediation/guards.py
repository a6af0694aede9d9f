"""The SQL by which the database itself refuses a job that nobody authorised, on both engines.

What the services do right, these repeat for everybody who can write a row: an executing job needs its approved
proposal and, where the decision asked for one, the approved approval of the very plan; what was voted on does not
change afterwards. SQLite drops triggers when it rebuilds a table: a migration that touches one of these tables ends
with ``migrations.RunPython(guards_install, noop)``. This module is text and imports no model, so migrations may use it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

_AUTHORISED = """
    NEW.mode = 'dry_run' AND NEW.approval_id IS NULL AND EXISTS (
        SELECT 1 FROM remediation_proposal p
        WHERE p.id = NEW.proposal_id AND p.institution_id = NEW.institution_id AND p.runtime_id = NEW.runtime_id
          AND p.status = 'requested')
    OR NEW.mode = 'execute' AND NEW.plan_digest <> '' AND EXISTS (
        SELECT 1 FROM remediation_proposal p
        WHERE p.id = NEW.proposal_id AND p.institution_id = NEW.institution_id AND p.runtime_id = NEW.runtime_id
          AND p.code = NEW.code AND p.status = 'approved' AND p.plan_digest = NEW.plan_digest
          AND (NOT p.needs_approval AND NEW.approval_id IS NULL OR EXISTS (
                SELECT 1 FROM remediation_approval a
                WHERE a.id = NEW.approval_id AND a.proposal_id = p.id AND a.status = 'approved'
                  AND a.plan_digest = NEW.plan_digest)))
"""

# How many people the stages of an approval ask for; each engine reads JSON in its own way.
_QUORUM = {
    "sqlite": "(SELECT SUM(json_extract(s.value, '$.quorum')) FROM json_each(NEW.stages) s)",
    "postgresql": "(SELECT SUM((s->>'quorum')::int) FROM jsonb_array_elements(NEW.stages) s)",
}

_APPROVED = """
    NEW.status <> 'approved' OR (
        SELECT COUNT(DISTINCT v.voter_id) FROM remediation_vote v
        WHERE v.approval_id = NEW.id AND v.verdict = 'approve' AND v.plan_digest = NEW.plan_digest) >= {quorum}
"""

_CAST = """
    EXISTS (
        SELECT 1 FROM remediation_approval a JOIN remediation_proposal p ON p.id = a.proposal_id
        WHERE a.id = NEW.approval_id AND a.institution_id = NEW.institution_id AND a.status = 'pending'
          AND a.plan_digest = NEW.plan_digest AND (p.requested_by_id IS NULL OR p.requested_by_id <> NEW.voter_id))
"""

# Table, event, what must be true of the new row, what is said when it is not.
_INSERTS = {
    "remediation_job_authorised": ("remediation_job", "INSERT", _AUTHORISED, "no approval, no job"),
    "remediation_approval_voted": ("remediation_approval", "UPDATE", _APPROVED, "an approval needs its votes"),
    "remediation_approval_new": (
        "remediation_approval",
        "INSERT",
        "NEW.status = 'pending'",
        "an approval begins pending",
    ),
    "remediation_vote_cast": (
        "remediation_vote",
        "INSERT",
        _CAST,
        "a vote is on the plan that waits, and not one''s own",
    ),
}

# Table, the columns that stay, from when on.
_FIXED = {
    "remediation_job_fixed": (
        "remediation_job",
        ("code", "institution_id", "proposal_id", "approval_id", "runtime_id", "mode", "plan_digest", "order_digest"),
        "",
    ),
    "remediation_vote_fixed": (
        "remediation_vote",
        ("institution_id", "approval_id", "voter_id", "stage", "verdict", "plan_digest", "cast_at", "delegation_id"),
        "",
    ),
    "remediation_approval_fixed": (
        "remediation_approval",
        ("institution_id", "proposal_id", "plan_digest", "rule", "stages", "expires_at"),
        "",
    ),
    "remediation_proposal_fixed": (
        "remediation_proposal",
        (
            *("code", "institution_id", "department_id", "operation", "params", "runtime_id", "bundle_id"),
            *("requester_id", "requested_by_id", "plan", "plan_digest", "needs_approval", "emergency"),
        ),
        "OLD.plan_digest <> ''",
    ),
    "remediation_bundle_fixed": (
        "remediation_bundle",
        ("institution_id", "contract", "digest", "source", "artifacts"),
        "",
    ),
}
_Fixed = Mapping[str, tuple[str, Sequence[str], str]]
NAMES = frozenset({*_INSERTS, *_FIXED})


def guards_install(_apps: object, schema_editor: Any) -> None:
    """Create or replace every trigger; for ``migrations.RunPython``."""
    guards_create(schema_editor.connection)


def guards_create(connection: Any) -> None:
    """Create or replace every trigger on ``connection``."""
    with connection.cursor() as cursor:
        fixed = {
            name: (table, _present(connection, cursor, table, columns), since)
            for name, (table, columns, since) in _FIXED.items()
        }
        for statement in _sqlite(fixed) if connection.vendor == "sqlite" else _postgres(fixed):
            cursor.execute(statement)


def _present(connection: Any, cursor: Any, table: str, columns: Sequence[str]) -> list[str]:
    """Return the columns that the table has by now: an older migration installs the guards of its own time."""
    there = {column.name for column in connection.introspection.get_table_description(cursor, table)}
    return [column for column in columns if column in there]


def guards_missing(connection: Any) -> list[str]:
    """Return the names of the triggers that are absent or disabled, in order; empty when all stand."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute("SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D' AND NOT tgisinternal")
        present = {name for (name,) in cursor.fetchall()}
    return sorted(NAMES - present)


def _sqlite(fixed: _Fixed) -> list[str]:
    statements = [f"DROP TRIGGER IF EXISTS {name}" for name in sorted(NAMES)]
    for name, (table, event, rule, words) in _INSERTS.items():
        # INSERT OR REPLACE would delete the row it collides with, and no trigger would see it go.
        fresh = f"AND NOT EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)" if event == "INSERT" else ""  # noqa: S608  names of ours
        statements.append(
            f"CREATE TRIGGER {name} BEFORE {event} ON {table} BEGIN SELECT RAISE(ABORT, 'governance: {words}') "
            f"WHERE NOT (({rule.format(quorum=_QUORUM['sqlite'])}) {fresh}); END"
        )
    for name, (table, columns, since) in fixed.items():
        differs = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in columns)
        when = f"({since}) AND ({differs})" if since else differs
        statements.append(
            f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} WHEN {when} "
            f"BEGIN SELECT RAISE(ABORT, 'governance: {table} does not change'); END"
        )
    return statements


def _postgres(fixed: _Fixed) -> list[str]:
    statements: list[str] = []
    for name, (table, event, rule, words) in _INSERTS.items():
        when = f"NOT ({rule.format(quorum=_QUORUM['postgresql'])})"
        statements += _postgres_trigger(name, table, event, when, words)
    for name, (table, columns, since) in fixed.items():
        differs = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns)
        when = f"({since}) AND ({differs})" if since else differs
        statements += _postgres_trigger(name, table, "UPDATE", when, f"{table} does not change")
    return statements


def _postgres_trigger(name: str, table: str, event: str, when: str, words: str) -> list[str]:
    return [
        f"CREATE OR REPLACE FUNCTION {name}_check() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {when} THEN RAISE EXCEPTION 'governance: {words}' USING ERRCODE = 'integrity_constraint_violation'; "
        "END IF; RETURN NEW; END $$",
        f"DROP TRIGGER IF EXISTS {name} ON {table}",
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}_check()",
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}",
    ]
