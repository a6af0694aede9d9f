"""Statements that take long values."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def cursor_plain() -> Iterator[Any]:
    """PostgreSQL: yield a cursor of the driver, which sends the values of a statement beside it.

    Django's own writes them into its text: 20 % slower when they are long. Types have to be plain from the statement.
    """
    connection.validate_no_broken_transaction()
    connection.ensure_connection()
    psycopg = connection.Database  # type: ignore[attr-defined]  # the driver of Django's backend, which its types leave out
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        yield cursor
