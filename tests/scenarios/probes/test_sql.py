"""SQL checks against real databases; writing is refused by the connection itself."""

import json
import os
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest

from scenarios.models import ProbeState
from scenarios.probes.base import Condition, Look
from tests.lab.odd_http import TcpServer
from tests.scenarios.probes.looking import context_of, look_at, must, verdict

SERVER = os.environ.get("DATABASE_URL", "")
if urlsplit(SERVER).scheme not in {"postgres", "postgresql"}:
    SERVER = os.environ.get("OPSPORTAL_TEST_POSTGRES", "postgres://postgres@127.0.0.1:5432/postgres")


def asked(dsn: str, query: str, *conditions: Condition, timeout_seconds: float = 5.0) -> Look:
    context = context_of(databases={"shop": dsn})
    return look_at("sql", *conditions, context=context, timeout_seconds=timeout_seconds, database="shop", query=query)


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Path:
    path = tmp_path / "shop ü%.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE orders (id INTEGER, state TEXT, total NUMERIC)")
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?)", [(n, "stuck", n * 1.5) for n in range(3)])
    connection.close()
    return path


def sqlite_dsn(path: Path) -> str:
    return f"sqlite:///{str(path).replace('%', '%25')}"


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """A database of its own on the real server; skipped where there is none."""
    name = f"look_{uuid4().hex[:12]}"
    try:
        server = psycopg.connect(SERVER, autocommit=True, connect_timeout=2)
    except psycopg.OperationalError:
        pytest.skip("no PostgreSQL server")
    with server:
        server.execute(f"CREATE DATABASE {name}")
        dsn = urlsplit(SERVER)._replace(path=f"/{name}").geturl()
        with psycopg.connect(dsn) as connection:
            connection.execute("CREATE TABLE orders (id integer, state text, total numeric)")
            connection.execute("INSERT INTO orders SELECT n, 'stuck', n * 1.5 FROM generate_series(0, 2) n")
            connection.execute("CREATE SEQUENCE tickets")
        yield dsn
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgres"])
def shop(request: pytest.FixtureRequest) -> str:
    """The same small shop on each engine."""
    if request.param == "sqlite":
        return sqlite_dsn(request.getfixturevalue("sqlite_file"))
    dsn: str = request.getfixturevalue("postgres")
    return dsn


COUNT = "SELECT count(*) FROM orders WHERE state = 'stuck'"


def test_a_value_against_a_threshold(shop: str) -> None:
    assert verdict(asked(shop, COUNT, must("value", "<", 5))) == ("ok", "ok")
    look = asked(shop, COUNT, must("value", "==", 0, ProbeState.DEGRADED))
    assert verdict(look) == ("degraded", "condition_failed")
    assert (look.measured["value"], look.expected) == (3, {"value": "== 0"})


def test_a_row_and_how_many(shop: str) -> None:
    good = (must("column:state", "==", "stuck"), must("column:total", "==", 3), must("rows", "==", 3))
    assert verdict(asked(shop, "SELECT id, state, total FROM orders ORDER BY id DESC", *good)) == ("ok", "ok")


def test_no_row_and_null_are_told_apart(shop: str) -> None:
    nothing = "SELECT id FROM orders WHERE id = 99"
    assert verdict(asked(shop, nothing, must("value", "==", 1))) == ("unknown", "no_data")
    assert verdict(asked(shop, nothing, must("rows", "==", 0))) == ("ok", "ok")
    assert verdict(asked(shop, "SELECT NULL", must("value", "==", None))) == ("ok", "ok")
    assert verdict(asked(shop, "SELECT NULL", must("value", "<", 5))) == ("unknown", "no_data")


def test_counting_ends_somewhere(shop: str) -> None:
    many = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 5000) SELECT x FROM n"
    assert verdict(asked(shop, many, must("rows", "==", 1000))) == ("ok", "ok")


WRITES = (
    "INSERT INTO orders VALUES (9, 'x', 1)",
    "UPDATE orders SET state = 'done'",
    "DELETE FROM orders",
    "DROP TABLE orders",
    "CREATE TABLE mine (id integer)",
    "SELECT 1; DELETE FROM orders",
    "COMMIT; DELETE FROM orders",
    "WITH gone AS (DELETE FROM orders RETURNING id) SELECT count(*) FROM gone",
)
SQLITE_WRITES = (
    "PRAGMA query_only=OFF",
    "PRAGMA journal_mode=DELETE",
    "ATTACH 'file:{folder}/new.sqlite3?mode=rwc' AS other",
    "ATTACH '{folder}/other.sqlite3' AS other",
    "VACUUM INTO '{folder}/copy.sqlite3'",
    "SELECT load_extension('{folder}/evil.so')",
    "CREATE TEMP TABLE mine (id)",
    "BEGIN IMMEDIATE",
)
POSTGRES_WRITES = (
    "SET TRANSACTION READ WRITE",
    "SELECT set_config('transaction_read_only', 'off', false)",
    "DO $$ BEGIN DELETE FROM orders; END $$",
    "DO $$ BEGIN COMMIT; SET TRANSACTION READ WRITE; DELETE FROM orders; END $$",
    "COPY orders TO PROGRAM 'cat > /dev/null'",
    "COPY (SELECT 1) TO '/tmp/opsportal-look'",
    "SELECT nextval('tickets')",
    "SELECT * FROM orders FOR UPDATE",
    "SELECT 1) TO STDOUT; DELETE FROM orders; --",
    "SELECT 1; COMMIT; BEGIN READ WRITE; DELETE FROM orders; COMMIT",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'DELETE FROM orders; SELECT 1'",
    "SELECT query_to_xml('DELETE FROM orders', true, true, '')",
    "NOTIFY opsportal_ledger",
    "LOCK TABLE orders",
)


@pytest.mark.parametrize("query", [*WRITES, *SQLITE_WRITES])
def test_sqlite_refuses_to_write(sqlite_file: Path, query: str) -> None:
    folder = sqlite_file.parent
    before = sorted(path.name for path in folder.iterdir() if "-" not in path.name)
    look = asked(sqlite_dsn(sqlite_file), query.format(folder=folder), must("rows", ">=", 0))
    assert verdict(look) == ("unknown", "misconfigured")
    assert asked(sqlite_dsn(sqlite_file), COUNT, must("value", "==", 3)).state == "ok"
    assert sorted(path.name for path in folder.iterdir() if "-" not in path.name) == before


@pytest.mark.parametrize("query", [*WRITES, *POSTGRES_WRITES])
def test_postgres_refuses_to_write(postgres: str, query: str) -> None:
    look = asked(postgres, query, must("rows", ">=", 0))
    assert verdict(look) == ("unknown", "misconfigured")
    with psycopg.connect(postgres) as connection:
        assert connection.execute(COUNT).fetchone() == (3,)
        assert connection.execute("SELECT last_value, is_called FROM tickets").fetchone() == (1, False)
        assert connection.execute("SELECT count(*) FROM pg_class WHERE relname = 'mine'").fetchone() == (0,)


def test_what_slips_into_a_read_only_transaction_is_rolled_back(postgres: str) -> None:
    assert asked(postgres, "SELECT lo_create(0)", must("value", ">", 0)).state in {"ok", "unknown"}
    with psycopg.connect(postgres) as connection:
        assert connection.execute("SELECT count(*) FROM pg_largeobject_metadata").fetchone() == (0,)


ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


@pytest.mark.parametrize("query", [ENDLESS, "SELECT pg_sleep(30)"])
def test_a_query_without_end_is_broken_off_by_postgres(postgres: str, query: str) -> None:
    started = time.monotonic()
    assert verdict(asked(postgres, query, timeout_seconds=0.5)) == ("down", "timeout")
    assert time.monotonic() - started < 1.5
    with psycopg.connect(postgres) as connection:
        running = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'opsportal look' AND state = 'active'"
        assert connection.execute(running).fetchone() == (0,)


def test_a_query_without_end_is_broken_off_by_sqlite(sqlite_file: Path) -> None:
    started, before = time.monotonic(), threading.active_count()
    assert verdict(asked(sqlite_dsn(sqlite_file), ENDLESS, timeout_seconds=0.4)) == ("down", "timeout")
    assert time.monotonic() - started < 1
    assert threading.active_count() <= before


def test_a_table_that_is_locked_is_unknown(postgres: str) -> None:
    with psycopg.connect(postgres) as holder:
        holder.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        assert verdict(asked(postgres, COUNT, timeout_seconds=0.5))[1] == "timeout"
        holder.rollback()
    assert asked(postgres, COUNT).state == "ok"


@pytest.mark.parametrize("query", ["SELEC 1", "SELECT nothing FROM orders", "SELECT 1 FROM nowhere", "SELECT 1/"])
def test_a_query_that_cannot_be_asked_is_unknown(shop: str, query: str) -> None:
    look = asked(shop, query, must("value", "==", 1))
    assert verdict(look) == ("unknown", "misconfigured")
    assert look.measured["error"]


def test_a_database_nobody_configured_is_unknown() -> None:
    look = look_at("sql", database="shop", query="SELECT 1")
    assert verdict(look) == ("unknown", "misconfigured")
    assert "'shop'" in look.measured["error"]


def test_a_file_that_is_gone_is_down_and_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "gone.sqlite3"
    assert verdict(asked(sqlite_dsn(path), "SELECT 1")) == ("down", "missing")
    assert not path.exists()


def test_a_file_that_is_no_database_is_down(tmp_path: Path) -> None:
    path = tmp_path / "noise.sqlite3"
    path.write_bytes(b"not a database at all" * 100)
    assert verdict(asked(sqlite_dsn(path), "SELECT * FROM orders")) == ("down", "bad_answer")


def test_a_file_somebody_writes_to_can_still_be_read(sqlite_file: Path) -> None:
    with sqlite3.connect(sqlite_file, isolation_level=None) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM orders")
        assert asked(sqlite_dsn(sqlite_file), COUNT, must("value", "==", 3)).state == "ok"
        writer.execute("ROLLBACK")
    writer.close()


def test_a_file_that_is_locked_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "locked.sqlite3"
    with sqlite3.connect(path, isolation_level=None) as holder:
        holder.execute("CREATE TABLE orders (id, state)")
        holder.execute("BEGIN EXCLUSIVE")
        assert verdict(asked(sqlite_dsn(path), COUNT, timeout_seconds=2)) == ("unknown", "timeout")
        holder.execute("ROLLBACK")
    holder.close()
    assert asked(sqlite_dsn(path), COUNT, must("value", "==", 0)).state == "ok"


def replaced(dsn: str, **parts: Any) -> str:
    parsed = urlsplit(dsn)
    host, port = parts.get("host", parsed.hostname), parts.get("port", parsed.port or 5432)
    user = parts.get("user", parsed.username)
    return f"postgres://{user}:canary-pass@{host}:{port}{parts.get('path', parsed.path)}"


def test_postgres_that_is_not_there_is_down(postgres: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert verdict(asked(replaced(postgres, host="127.0.0.1", port=port), "SELECT 1")) == ("down", "refused")


def test_postgres_that_goes_down_and_comes_back() -> None:
    with TcpServer(lambda _: None) as server:  # accepts and hangs up, as a dying server does
        dsn = f"postgres://u@127.0.0.1:{server.port}/x"
        assert verdict(asked(dsn, "SELECT 1")) == ("down", "closed")
    with TcpServer(lambda connection: time.sleep(1)) as server:
        dsn = f"postgres://u@127.0.0.1:{server.port}/x"
        assert verdict(asked(dsn, "SELECT 1", timeout_seconds=0.4)) == ("down", "timeout")


def test_wrong_credentials_are_ours_and_never_shown(postgres: str) -> None:
    look = asked(replaced(postgres, user="nobody_of_that_name"), "SELECT 1")
    assert verdict(look) == ("unknown", "unauthorized")
    assert "canary-pass" not in json.dumps(look.measured)
    assert verdict(asked(replaced(postgres, path="/no_such_database"), "SELECT 1")) == ("unknown", "misconfigured")


def test_no_right_to_read_is_ours(postgres: str) -> None:
    role = f"look_{uuid4().hex[:8]}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN")
        try:
            assert verdict(asked(replaced(postgres, user=role), COUNT)) == ("unknown", "permission")
        finally:
            connection.execute(f"DROP ROLE {role}")


@pytest.mark.parametrize(
    ("dsn", "expected"),
    [
        ("postgres://u@169.254.169.254/x", ("unknown", "address_forbidden")),
        ("postgres://u@2130706433/x", ("unknown", "address_forbidden")),
        ("postgres://u@127.0.0.1/x?hostaddr=169.254.169.254", ("unknown", "address_forbidden")),
        ("postgres://u@127.0.0.1/x?hostaddr=0x7f.1", ("unknown", "address_forbidden")),
        ("postgres://u@127.0.0.1,127.0.0.2/x", ("unknown", "misconfigured")),
        ("postgres://u@[127.0.0.1/x", ("unknown", "misconfigured")),
        ("postgres://u@/x?host=/no/such/socket", ("down", "refused")),
    ],
)
def test_the_guard_stands_before_databases_too(dsn: str, expected: tuple[str, str]) -> None:
    assert verdict(asked(dsn, "SELECT 1")) == expected


def test_every_address_of_a_name_is_tried(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: object, **__: object) -> list[Any]:
        found = ("127.9.9.9", str(urlsplit(postgres).hostname))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert verdict(asked(replaced(postgres, host="db.example"), "SELECT 1", must("value", "==", 1))) == ("ok", "ok")


def test_values_become_json(postgres: str) -> None:
    query = """SELECT now() - now() + interval '90 seconds' AS waited, 1.5::numeric AS half, 2::numeric AS two,
               date '2025-01-02' AS day, '\\x0aff'::bytea AS bytes, '{"a": [1]}'::jsonb AS doc, ARRAY[1, 2] AS list"""
    good = (
        must("column:waited", "==", 90), must("column:half", "==", 1.5), must("column:two", "==", 2),
        must("column:day", "==", "2025-01-02"), must("column:bytes", "==", "0aff"),
        must("column:doc", "contains", "a"), must("column:list", "contains", "2"),
    )  # fmt: skip
    look = asked(postgres, query, *good)
    assert verdict(look) == ("ok", "ok")
    json.dumps(look.measured)
