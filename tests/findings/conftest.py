"""An institution with a chain, and one person in it."""

import pytest

from ledger.services import chain_start, unit
from opsportal.core.actor import SYSTEM, Actor
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution
from tests.institutions.factories import actor_make, institution_make


@pytest.fixture
def home(db: None) -> Institution:
    institution = institution_make("home")
    with unit(institution.pk, SYSTEM):
        chain_start(institution.pk)
    return institution


@pytest.fixture
def operator(home: Institution) -> Actor:
    return actor_make(home, Role.OPS_LEAD)
