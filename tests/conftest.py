"""Fixtures of the whole suite."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest
import structlog
from django.db import connection
from django.test import TransactionTestCase

from ledger.guards import guards_create, guards_drop


@pytest.fixture(autouse=True, scope="session")
def flush_past_the_guards() -> Iterator[None]:
    """Let the flush after a ``transaction=True`` test empty the ledger, which its triggers refuse.

    The triggers are lifted for the flush alone: the test itself runs with them.
    """
    flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]  # not in the stubs

    def teardown(case: TransactionTestCase) -> None:
        guards_drop(connection)
        try:
            flush(case)
        finally:
            guards_create(connection)

    with patch.object(TransactionTestCase, "_fixture_teardown", teardown):
        yield


@pytest.fixture(autouse=True)
def fresh_log_context() -> None:
    """Begin without what an earlier test bound to its log lines."""
    structlog.contextvars.clear_contextvars()
