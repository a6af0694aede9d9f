"""``manage.py registry_check``: for people who edit, and for their pipelines."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from tests.scenarios.registry.texts import beat, entry, text


def test_it_says_what_it_found_and_needs_no_database(main: Path) -> None:
    out = StringIO()
    call_command("registry_check", stdout=out)
    assert out.getvalue() == "1 scenario, no problems\n"


def test_it_names_what_is_not_set(main: Path, settings: Settings) -> None:
    settings.REGISTRY_VARIABLES = {"VM123_IP": ""}
    main.write_text(text(entry(checks=[beat(name="${VM123_IP}")])))
    out = StringIO()
    call_command("registry_check", stdout=out)
    assert "host.disk is not configured: set VM123_IP\n" in out.getvalue()


@pytest.mark.spec("L26")
def test_it_prints_every_problem_with_file_and_line_and_fails(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text(entry(owner="A9"), entry("b", severity="huge")))
    out = StringIO()
    with pytest.raises(CommandError, match="2 problems: this would not be loaded") as failure:
        call_command("registry_check", str(path), stdout=out)
    assert failure.value.returncode == 1
    assert [line.split(": ")[0] for line in out.getvalue().splitlines()] == ["mine.yaml:7", "mine.yaml:27"]


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("registry_check", str(tmp_path / "none.yaml"), stdout=out)
    assert "none.yaml: cannot be read: No such file or directory" in out.getvalue()
