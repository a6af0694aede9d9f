"""The first start, and the commands."""

import os
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution, User
from opsportal.institutions.selectors import access_list, user_find
from opsportal.institutions.services import first_start, institution_mark_broken
from opsportal.institutions.tokens import access_by_token

Kinds = Callable[[Institution], list[str]]
pytestmark = pytest.mark.django_db


def said(*command: str) -> str:
    out = StringIO()
    call_command(*command, stdout=out)
    return out.getvalue().strip()


def test_the_first_start_makes_what_is_needed_to_log_in() -> None:
    told = first_start()
    assert told is not None
    admin = User.objects.get()
    assert (admin.username, admin.is_superuser, admin.must_change_password) == (told.username, True, True)
    assert admin.check_password(told.password)
    assert told.password not in repr(told)
    assert [(access.institution.slug, access.roles) for access in access_list(admin)] == [
        ("home", frozenset({"super_admin"})),
        ("system", frozenset({"super_admin"})),
    ]
    assert {group.name for group in Group.objects.all()} == set(Role)


def test_every_later_start_changes_nothing(kinds: Kinds) -> None:
    first_start()
    before = [kinds(institution) for institution in Institution.objects.all()]
    assert first_start() is None
    assert [kinds(institution) for institution in Institution.objects.all()] == before
    assert User.objects.count() == 1


def test_a_renamed_home_is_not_made_again() -> None:
    first_start()
    Institution.objects.filter(slug="home").update(slug="acme")
    first_start()
    assert {institution.slug for institution in Institution.objects.all()} == {"acme", "system"}


def test_the_commands_bring_a_colleague_in() -> None:
    first_start()
    assert said("institution_create", "--slug", "acme", "--name", "Acme", "--username", "admin").startswith("acme ")
    created = said("member_add", "--institution", "acme", "--username", "ana", "--role", "technician", "--create")
    assert created.splitlines()[1] == "ana in acme: technician"
    assert user_find("ana").check_password(created.splitlines()[0].split(": ")[1])
    more = said("member_add", "--institution", "acme", "--username", "ana", "--role", "seo", "--role", "noc")
    assert more == "ana in acme: noc, seo, technician"
    token = said("token_create", "--username", "ana", "--institution", "acme", "--days", "30")
    assert access_by_token(token).roles == {"technician", "seo", "noc"}
    issued = said("password_issue", "--username", "ana")
    assert user_find("ana").check_password(issued)


def test_an_institution_is_opened_again_by_command() -> None:
    first_start()
    home = Institution.objects.get(slug="home")
    institution_mark_broken(home.pk, "SEQ_GAP", 2)
    said("institution_reopen", "--institution", "home")
    home.refresh_from_db()
    assert not home.is_read_only


@pytest.mark.parametrize(
    "command",
    [
        ("institution_create", "--slug", "Bad Slug", "--name", "x"),
        ("institution_create", "--slug", "home", "--name", "x"),
        ("institution_create", "--slug", "x", "--name", "x", "--username", "nobody"),
        ("institution_reopen", "--institution", "nowhere"),
        ("member_add", "--institution", "home", "--username", "nobody", "--role", "noc"),
        ("member_add", "--institution", "nowhere", "--username", "admin", "--role", "noc"),
        ("member_add", "--institution", "home", "--username", "admin", "--role", "root"),
        ("token_create", "--username", "admin", "--institution", "nowhere", "--days", "1"),
        ("token_create", "--username", "admin", "--institution", "home", "--days", "0"),
        ("password_issue", "--username", "nobody"),
    ],
)
def test_a_command_that_cannot_do_it_says_why_in_one_line(command: tuple[str, ...]) -> None:
    first_start()
    with pytest.raises(CommandError) as complaint:
        said(*command)
    assert len(str(complaint.value).splitlines()) == 1


SCRIPT = """
import django; django.setup()
from opsportal.institutions.services import first_start
told = first_start()
print(told.password if told else "-")
"""


@pytest.mark.slow
def test_of_starts_at_once_one_makes_the_person(tmp_path: Path) -> None:
    database = os.environ.get("DATABASE_URL", "")
    if database.startswith("postgres"):
        name = f"starts_{os.getpid()}"
        subprocess.run(["createdb", "-h", "127.0.0.1", "-U", "postgres", name], check=True)
        database = f"postgres://postgres@127.0.0.1:5432/{name}"
    else:
        name, database = "", f"sqlite:///{tmp_path / 'starts.sqlite3'}"
    env = {
        **os.environ,
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "opsportal.settings.test",
        "OPSPORTAL_DATA_DIR": str(tmp_path),
    }
    try:
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], env=env, check=True, capture_output=True)
        racers = [
            subprocess.Popen([sys.executable, "-c", SCRIPT], env=env, stdout=subprocess.PIPE, text=True)
            for _ in range(5)
        ]
        told = [racer.communicate(timeout=60)[0].strip() for racer in racers]
        assert [racer.returncode for racer in racers] == [0] * 5
        assert sorted(told)[:4] == ["-"] * 4
        assert len(sorted(told)[4]) == 20
    finally:
        if name:
            subprocess.run(["dropdb", "-h", "127.0.0.1", "-U", "postgres", "--force", name], check=True)
