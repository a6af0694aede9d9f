"""docs/roles.md."""

import pytest
from django.conf import settings
from django.core.management import call_command

from opsportal.institutions.access import Permission, Role
from opsportal.institutions.roles_page import IS, MEANING, roles_markdown


def test_the_page_in_docs_is_what_the_matrix_says() -> None:
    page = (settings.BASE_DIR / "docs" / "roles.md").read_text(encoding="utf-8")
    assert page == roles_markdown(), "run `make docs` and commit docs/roles.md"


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("roles")
    assert capsys.readouterr().out == roles_markdown()


def test_every_role_and_permission_is_explained() -> None:
    assert set(IS) == set(Role)
    assert set(MEANING) == set(Permission)
