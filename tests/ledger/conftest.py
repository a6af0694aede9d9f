"""Fixtures of the ledger's tests."""

from pathlib import Path

import pytest
from pytest_django import Settings

from opsportal.institutions.models import Institution
from tests.institutions.factories import institution_make


@pytest.fixture(autouse=True)
def own_keys(settings: Settings, tmp_path: Path) -> None:
    """Give each test a signer of its own."""
    settings.DATA_DIR = tmp_path
    settings.CHECKPOINT_KEY_FILE = str(tmp_path / "keys" / "checkpoint.key")


@pytest.fixture
def home(db: None) -> Institution:
    """An institution with a ledger."""
    return institution_make("home")
