"""People and their passwords."""

from collections.abc import Callable

import pytest

from opsportal.core.actor import SYSTEM
from opsportal.core.errors import ConflictError, InvalidError, RefusedError
from opsportal.institutions.models import Institution, User
from opsportal.institutions.selectors import Access, installation_actor
from opsportal.institutions.services import login_record, password_issue, password_set, user_create
from tests.institutions.conftest import Entries
from tests.institutions.factories import user_make

Kinds = Callable[[Institution], list[str]]


def test_a_person_is_made_with_a_password_for_one_login(system: Institution, entries: Entries) -> None:
    user, password = user_create(username="ana", email="Ana@Example.ORG", actor=SYSTEM)
    user.refresh_from_db()
    assert user.check_password(password)
    assert (user.must_change_password, user.email, user.is_superuser, user.is_staff) == (
        True,
        "Ana@example.org",
        False,
        False,
    )
    (entry,) = entries(system)
    assert entry.kind == "USER_CREATED"
    assert "ana" not in entry.body.lower()


def test_names_that_differ_in_case_are_the_same(system: Institution, kinds: Kinds) -> None:
    user_make("ana")
    with pytest.raises(ConflictError):
        user_create(username="ANA", actor=SYSTEM)
    assert kinds(system) == []


@pytest.mark.parametrize(("username", "email"), [("", ""), ("a b", ""), ("x" * 151, ""), ("ok", "nonsense")])
def test_a_bad_name_or_address_is_named(system: Institution, username: str, email: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        user_create(username=username, email=email, actor=SYSTEM)
    assert list(refusal.value.errors) == ["email" if email else "username"]
    assert not User.objects.exists()


def test_only_the_installation_makes_people_and_issues_passwords(system: Institution, master: Access) -> None:
    with pytest.raises(RefusedError):
        user_create(username="ana", actor=master.actor)
    with pytest.raises(RefusedError):
        password_issue(user=master.user, actor=master.actor)


def test_an_issued_password_replaces_the_old_one_until_it_is_changed(system: Institution, kinds: Kinds) -> None:
    ana = user_make("ana")
    root = installation_actor(user_make("root", is_superuser=True))
    issued = password_issue(user=ana, actor=root)
    ana.refresh_from_db()
    assert (ana.check_password(issued), ana.must_change_password) == (True, True)
    password_set(user=ana, password="a new one of her own")
    ana.refresh_from_db()
    assert (ana.check_password("a new one of her own"), ana.must_change_password) == (True, False)
    login_record(user=ana, method="password")
    assert kinds(system) == ["PASSWORD_ISSUED", "PASSWORD_CHANGED", "LOGIN_SUCCEEDED"]
