"""A portal, a folder, and a machine that was enrolled at it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_portal import FakePortal
from lab import Lab

from ops_runtime.config import State
from ops_runtime.enrolment import Wish, runtime_configure


@pytest.fixture
def portal() -> Iterator[FakePortal]:
    """A portal that behaves."""
    portal = FakePortal()
    yield portal
    portal.close()


@pytest.fixture
def bare(portal: FakePortal, tmp_path: Path) -> Lab:
    """A machine that was not configured."""
    root = tmp_path / "root"
    root.mkdir()
    return Lab(portal, root, State(tmp_path / "state"))


@pytest.fixture
def lab(bare: Lab) -> Lab:
    """A machine that was."""
    wish = Wish(bare.portal.institution, bare.portal.url, bare.root, "a machine")
    runtime_configure(bare.state, wish, bare.portal.token)
    return bare
