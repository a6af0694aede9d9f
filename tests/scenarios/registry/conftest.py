"""An installation with two institutions, and registry files that a test may write."""

from pathlib import Path

import pytest
from pytest_django import Settings

from opsportal.institutions.models import Institution
from tests.ledger.factories import chain
from tests.scenarios.registry.texts import entry, text


def _institution(slug: str, *, is_system: bool = False) -> Institution:
    institution = Institution.objects.create(slug=slug, name=slug.title(), is_system=is_system)
    chain(institution_id=institution.pk)
    return institution


@pytest.fixture
def system(db: None) -> Institution:
    """The installation's own institution."""
    return _institution("system", is_system=True)


@pytest.fixture
def home(system: Institution) -> Institution:
    """The institution that entries belong to unless they say otherwise."""
    return _institution("home")


@pytest.fixture
def main(tmp_path: Path, settings: Settings) -> Path:
    """The main registry file, with one entry; its folder of additions is ``registry.d`` beside it."""
    path = tmp_path / "registry.yaml"
    path.write_text(text(entry()), encoding="utf-8")
    settings.REGISTRY = path
    settings.REGISTRY_DIR = tmp_path / "registry.d"
    settings.REGISTRY_DIR.mkdir()
    return path
