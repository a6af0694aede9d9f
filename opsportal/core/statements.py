"""Statements that are too many or too long for Django's cursor."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from django.db import connection


@contextmanager
def cursor_plain() -> Iterator[Any]:
    """Yield a cursor of the driver itself, in the transaction of Django's connection and with its errors.

    PostgreSQL: it sends the values beside the statement, where Django writes them into its text (20 % slower when
    they are long); their types have to be plain from the statement. SQLite: values are ``?``, which saves translating.
    """
    connection.validate_no_broken_transaction()
    connection.ensure_connection()
    driver = connection.Database  # type: ignore[attr-defined]  # of Django's backend; its types leave it out
    made = driver.Cursor(connection.connection)
    with connection.wrap_database_errors, closing(made) as cursor:
        yield cursor
