"""Logging in."""

import json
import re
from collections.abc import Callable, Iterator

import pytest
import time_machine
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from django.test import Client
from structlog.testing import capture_logs

from opsportal.core.actor import SYSTEM
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution, User
from opsportal.institutions.services import institution_mark_broken, user_create
from tests.institutions.conftest import Entries
from tests.institutions.factories import PASSWORD, member_make, user_make

Kinds = Callable[[Institution], list[str]]


@pytest.fixture(autouse=True)
def counters_at_zero() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def ana(system: Institution, home: Institution) -> User:
    return member_make(home, Role.SUPER_ADMIN, username="ana").user


@pytest.mark.parametrize("name", ["ana", "ana@example.org", "ANA@example.org"])
def test_a_person_logs_in_by_name_or_address_and_it_is_entered(
    client: Client, ana: User, system: Institution, entries: Entries, name: str
) -> None:
    answer = client.post("/accounts/login/?next=/i/home/", {"login": name, "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/i/home/")
    (entry,) = entries(system)
    assert (entry.kind, entry.actor) == ("LOGIN_SUCCEEDED", str(ana.code))
    assert json.loads(entry.body)["data"]["method"] == "password"


@time_machine.travel("2030-01-01", tick=False)
def test_a_stranger_and_a_wrong_password_get_the_same_words(client: Client, ana: User) -> None:
    def told(name: str) -> str:
        page = client.post("/accounts/login/", {"login": name, "password": "not this one"}).content.decode()
        return re.sub(r'\b\w{64}\b|nonce="[^"]+"', "", page).replace(name, "NAME")  # CSRF tokens

    assert told("ana") == told("eva")


def test_a_failure_goes_to_the_log_without_what_was_typed(
    client: Client, ana: User, system: Institution, kinds: Kinds
) -> None:
    with capture_logs() as lines:
        client.post("/accounts/login/", {"login": "ana", "password": "hunter2hunter2"})
        client.post("/accounts/login/", {"login": "my-secret-typed-as-a-name", "password": "x"})
    told = [line for line in lines if line["event"] == "login_failed"]
    assert [line["user"] for line in told] == [str(ana.code), None]
    assert "hunter2" not in json.dumps(lines)
    assert "my-secret" not in json.dumps(told)
    assert kinds(system) == []


def test_guessing_one_name_ends_in_429_with_the_time_to_wait(client: Client, ana: User) -> None:
    for _ in range(5):
        assert client.post("/accounts/login/", {"login": "ana", "password": "guess"}).status_code == 200
    answer = client.post("/accounts/login/", {"login": "ana", "password": PASSWORD})
    assert (answer.status_code, answer["Retry-After"]) == (429, "300")
    assert "_auth_user_id" not in client.session
    other = client.post(
        "/accounts/login/", {"login": "ana", "password": PASSWORD}, headers={"X-Forwarded-For": "203.0.113.9"}
    )
    assert other.status_code == 429


def test_guessing_many_names_from_one_address_ends_in_429(client: Client, ana: User) -> None:
    answers = [
        client.post("/accounts/login/", {"login": f"user{number}", "password": "guess"}).status_code
        for number in range(11)
    ]
    assert answers == [200] * 10 + [429]


def test_hammering_the_login_page_ends_in_429(client: Client, ana: User) -> None:
    answers = [client.post("/accounts/login/", {}) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    assert answers[-1]["Retry-After"] == "60"


def test_right_passwords_do_not_count_as_guesses(client: Client, ana: User) -> None:
    for _ in range(7):
        assert client.post("/accounts/login/", {"login": "ana", "password": PASSWORD}).status_code == 302
        client.logout()


@pytest.mark.parametrize(
    "path",
    [
        "signup/",
        "email/",
        "confirm-email/",
        "password/reset/",
        "password/set/",
        "login/code/",
        "3rdparty/",
        "password/reset/key/1-abc/",
    ],
)
def test_what_is_not_offered_is_not_there(client: Client, ana: User, path: str) -> None:
    assert client.get(f"/accounts/{path}").status_code == 404
    client.force_login(ana)
    assert client.post(f"/accounts/{path}", {"email": "x@example.org"}).status_code == 404
    assert User.objects.count() == 1


def test_a_one_time_password_opens_nothing_but_its_own_change(
    client: Client, system: Institution, home: Institution, kinds: Kinds
) -> None:
    user, issued = user_create(username="bea", actor=SYSTEM)
    member_make(home, Role.SUPER_ADMIN, user=user)
    assert client.post("/accounts/login/", {"login": "bea", "password": issued}).status_code == 302
    for page in ("/i/home/", "/admin/", "/admin/institutions/member/"):
        assert client.get(page)["Location"] == "/accounts/password/change/"
    refused = client.get("/api/v1/nothing/here")
    assert refused.status_code == 404
    changed = client.post(
        "/accounts/password/change/",
        {"oldpassword": issued, "password1": "her own long words", "password2": "her own long words"},
    )
    assert changed["Location"] == "/"
    user.refresh_from_db()
    assert not user.must_change_password
    assert client.get("/admin/").status_code == 200
    assert kinds(system) == ["USER_CREATED", "LOGIN_SUCCEEDED", "PASSWORD_CHANGED"]


@pytest.mark.urls("tests.institutions.test_middleware")
def test_the_api_refuses_a_one_time_password_too(client: Client, home: Institution) -> None:
    member = member_make(home, Role.SUPER_ADMIN)
    User.objects.update(must_change_password=True)
    client.force_login(member.user)
    answer = client.get("/api/v1/members")
    assert (answer.status_code, answer.json()["code"]) == (403, "PASSWORD_CHANGE_REQUIRED")


@pytest.mark.parametrize("weak", ["short", "password1234", "ana@example.org1"])
def test_a_weak_password_is_not_taken(client: Client, ana: User, weak: str) -> None:
    client.force_login(ana)
    form = {"oldpassword": PASSWORD, "password1": weak, "password2": weak}
    assert client.post("/accounts/password/change/", form).status_code == 200
    ana.refresh_from_db()
    assert ana.check_password(PASSWORD)


def test_a_second_factor_is_asked_for_once_it_is_set_up(
    client: Client, ana: User, system: Institution, entries: Entries
) -> None:
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(ana, secret)
    answer = client.post("/accounts/login/", {"login": "ana", "password": PASSWORD})
    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.get("/admin/").status_code == 302
    code = totp.format_hotp_value(totp.hotp_value(secret, next(totp.yield_hotp_counters_from_time())))
    client.post("/accounts/2fa/authenticate/", {"code": code})
    assert client.get("/admin/").status_code == 200
    (entry,) = entries(system)
    assert json.loads(entry.body)["data"]["method"] == "password+mfa"


def test_a_secret_of_a_second_factor_is_not_kept_as_it_is(ana: User) -> None:
    secret = totp.generate_totp_secret()
    kept = totp.TOTP.activate(ana, secret).instance
    kept.refresh_from_db()
    assert secret not in json.dumps(kept.data)
    assert totp.TOTP(kept).validate_code(
        totp.format_hotp_value(totp.hotp_value(secret, next(totp.yield_hotp_counters_from_time())))
    )


def test_a_broken_ledger_of_the_installation_keeps_nobody_out(client: Client, ana: User, system: Institution) -> None:
    institution_mark_broken(system.pk, "HASH_MISMATCH", 1)
    assert client.post("/accounts/login/", {"login": "ana", "password": PASSWORD}).status_code == 302
    assert "_auth_user_id" in client.session


def test_a_person_kept_out_is_out_at_once(client: Client, ana: User) -> None:
    client.force_login(ana)
    User.objects.filter(pk=ana.pk).update(is_active=False)
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/accounts/login/?next=/admin/"


@pytest.mark.parametrize(
    "page",
    ["login/", "logout/", "password/change/", "reauthenticate/", "2fa/", "2fa/totp/activate/", "2fa/webauthn/add/"],
)
def test_every_page_that_is_offered_can_be_drawn(client: Client, ana: User, page: str) -> None:
    if page != "login/":
        client.post("/accounts/login/", {"login": "ana", "password": PASSWORD})
    if page.endswith(("activate/", "add/")):
        assert client.get(f"/accounts/{page}")["Location"].startswith("/accounts/reauthenticate/")
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert client.get(f"/accounts/{page}").status_code == 200


def test_a_session_cookie_cannot_be_read_by_scripts_or_sent_by_others(client: Client, ana: User) -> None:
    client.post("/accounts/login/", {"login": "ana", "password": PASSWORD})
    cookie = client.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_the_way_back_is_ours_only(client: Client, ana: User) -> None:
    form = {"login": "ana", "password": PASSWORD, "next": "https://evil.example/"}
    answer = client.post("/accounts/login/?next=https://evil.example/", form)
    assert not answer["Location"].startswith("http")
    assert user_make("eva").check_password(PASSWORD)
