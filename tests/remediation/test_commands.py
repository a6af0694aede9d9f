"""The commands of contracts."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from opsportal.core.scope import institution_scope
from remediation.models import Release
from tests.institutions.factories import institution_make
from tests.remediation.factories import SHIPPED, contract_text


def said(*arguments: object) -> str:
    out = StringIO()
    call_command(*map(str, arguments), stdout=out)
    return out.getvalue()


@pytest.mark.spec("V12")
def test_artifacts_that_somebody_edited_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    assert said("contract_compile", SHIPPED, "--output", folder).startswith("personal_ops@v1.0.0 ")
    said("contract_compile", SHIPPED, "--output", folder, "--check")
    (folder / "rbac.json").write_text("{}")
    (folder / "rbac.json.bak").write_text("{}")
    with pytest.raises(CommandError, match=r"rbac\.json, rbac\.json\.bak"):
        said("contract_compile", SHIPPED, "--output", folder, "--check")


@pytest.mark.spec("V13")
def test_an_error_names_file_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "wrong.idl"
    path.write_text(contract_text().replace("permission: files.list", "permission: files.lust", 1))
    with pytest.raises(CommandError, match=r"wrong\.idl:\d+:\d+: "):
        said("contract_compile", path)
    with pytest.raises(CommandError, match="cannot be read"):
        said("contract_compile", tmp_path / "missing.idl")


def test_the_shipped_contract_is_in_its_canonical_form(tmp_path: Path) -> None:
    path = tmp_path / SHIPPED.name
    path.write_text(contract_text())
    said("contract_compile", path, "--format")
    assert path.read_text() == contract_text()


@pytest.mark.django_db
@pytest.mark.spec("V08")
def test_a_release_puts_it_in_force() -> None:
    home = institution_make("home")
    assert "is in force" in said("contract_release", SHIPPED, "--institution", "home", "--department", "personal_ops")
    with institution_scope(home.pk):
        assert Release.objects.get().status == "active"
    with pytest.raises(CommandError, match="no institution"):
        said("contract_release", SHIPPED, "--institution", "nowhere", "--department", "personal_ops")
