"""An institution, and people in it."""

from collections.abc import Callable

import pytest

from ledger.models import Entry
from ledger.selectors import entries_since
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution
from opsportal.institutions.selectors import Access
from tests.institutions.factories import institution_make, member_make, system_make

Entries = Callable[[Institution], list[Entry]]


@pytest.fixture
def system(db: None) -> Institution:
    """The installation's own institution."""
    return system_make()


@pytest.fixture
def home(db: None) -> Institution:
    """An institution with a ledger."""
    return institution_make("home")


@pytest.fixture
def away(db: None) -> Institution:
    """Another one."""
    return institution_make("away")


@pytest.fixture
def master(home: Institution) -> Access:
    """A super_admin of home."""
    return member_make(home, Role.SUPER_ADMIN, username="master")


@pytest.fixture
def entries() -> Entries:
    """Return a function that reads all entries of an institution."""

    def read(institution: Institution) -> list[Entry]:
        return entries_since(institution.pk, 0, 1000)

    return read


@pytest.fixture
def kinds(entries: Entries) -> Callable[[Institution], list[str]]:
    """Return a function that names the entries of an institution."""

    def read(institution: Institution) -> list[str]:
        return [entry.kind for entry in entries(institution)]

    return read
