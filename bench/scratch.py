"""A scratch database of each kind for a benchmark, used by a process of its own.

A suite that touches the database is a module with ``measure() -> list[Row]``; ``on_both`` runs it once on
SQLite (a file, WAL, synchronous FULL, as the portal runs it) and once on PostgreSQL, and joins the rows.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from bench.report import Row

POSTGRESQL = os.environ.get("OPSPORTAL_BENCH_POSTGRES", "postgres://postgres@127.0.0.1:5432/postgres")
SCRATCH = "OPSPORTAL_BENCH_SCRATCH"


def on_both(module: str, measure: Callable[[], list[Row]]) -> list[Row]:
    """Return what ``measure`` finds on each database; within the child process, do the measuring itself."""
    if SCRATCH in os.environ:
        django_ready()
        print(json.dumps([asdict(row) for row in measure()]))
        sys.exit(0)
    rows: list[Row] = []
    for kind in ("sqlite", "postgresql"):
        with scratch_database(module.rpartition(".")[2], kind) as environment:
            child = subprocess.run(
                [sys.executable, "-m", module], env=environment, stdout=subprocess.PIPE, text=True, check=True
            )
        found = json.loads(child.stdout.splitlines()[-1])
        rows += [Row(**{**row, "name": f"{kind}: {row['name']}"}) for row in found]
    return rows


@contextmanager
def scratch_database(name: str, kind: str) -> Iterator[dict[str, str]]:
    """Make an empty database; yield the environment that points a portal at it; drop it in the end."""
    with tempfile.TemporaryDirectory(prefix="opsportal-bench-") as folder:
        environment = {
            **os.environ,
            SCRATCH: kind,
            "OPSPORTAL_DATA_DIR": folder,
            "DJANGO_SETTINGS_MODULE": "opsportal.settings.dev",
        }
        if kind == "sqlite":
            yield {**environment, "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3"}
            return
        database = f"opsportal_bench_{name}"
        _recreate(database)
        try:
            yield {**environment, "DATABASE_URL": urlunsplit(urlsplit(POSTGRESQL)._replace(path=f"/{database}"))}
        finally:
            _drop(database)


def django_ready() -> None:
    """Set Django up in this process and migrate its database."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def _recreate(database: str) -> None:
    _drop(database)
    with psycopg.connect(POSTGRESQL, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))


def _drop(database: str) -> None:
    with psycopg.connect(POSTGRESQL, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))
