"""Fixtures for tests with real processes. A conftest imports them by name."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.installation import Installation, installation_make, template


@pytest.fixture(scope="session")
def template_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated database, to be copied."""
    with template(tmp_path_factory.mktemp("template")) as url:
        yield url


@pytest.fixture
def installation(tmp_path: Path, template_url: str) -> Iterator[Installation]:
    """An installation of its own, whose processes end with the test."""
    with installation_make(tmp_path, template_url) as made:
        yield made
