"""An institution with a chain, and one person in it."""

import pytest

from opsportal.core.actor import Actor
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution
from tests.institutions.factories import actor_make, institution_make


@pytest.fixture
def home(db: None) -> Institution:
    return institution_make("home")


@pytest.fixture
def operator(home: Institution) -> Actor:
    return actor_make(home, Role.OPS_LEAD)
