"""An institution that is governed, within its scope."""

from collections.abc import Iterator

import pytest

from opsportal.core.scope import institution_scope
from tests.remediation.factories import Governed, governed_make


@pytest.fixture
def governed(db: None) -> Iterator[Governed]:
    made = governed_make()
    with institution_scope(made.institution.pk):
        yield made
