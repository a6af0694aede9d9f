"""The queue as it is in production: rows, instead of tasks that run inline."""

import pytest
from django_q.conf import Conf


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    """Let tasks wait in the database."""
    monkeypatch.setattr(Conf, "SYNC", False)
