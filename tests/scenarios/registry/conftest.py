"""An installation with two institutions, and registry files that a test may write."""

from pathlib import Path

import pytest
from pytest_django import Settings

from opsportal.institutions.models import Institution
from tests.institutions.factories import institution_make, system_make
from tests.scenarios.registry.texts import entry, text


@pytest.fixture
def system(db: None) -> Institution:
    """The installation's own institution."""
    return system_make()


@pytest.fixture
def home(system: Institution) -> Institution:
    """The institution that entries belong to unless they say otherwise."""
    return institution_make("home")


@pytest.fixture
def main(tmp_path: Path, settings: Settings) -> Path:
    """The main registry file, with one entry; its folder of additions is ``registry.d`` beside it."""
    path = tmp_path / "registry.yaml"
    path.write_text(text(entry()), encoding="utf-8")
    settings.REGISTRY = path
    settings.REGISTRY_DIR = tmp_path / "registry.d"
    settings.REGISTRY_DIR.mkdir()
    return path
