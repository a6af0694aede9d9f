"""API tokens."""

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from opsportal.core.actor import SYSTEM
from opsportal.core.errors import ConflictError, InvalidError, NotAuthenticatedError, RefusedError
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.models import ApiToken, Institution, User
from opsportal.institutions.selectors import Access
from opsportal.institutions.services import member_remove, token_create, token_revoke
from opsportal.institutions.services.token import TokenMade
from opsportal.institutions.tokens import TokenText, access_by_token, checksum, token_text_new
from tests.institutions.conftest import Entries
from tests.institutions.factories import actor_make, member_make

Kinds = Callable[[Institution], list[str]]


@pytest.fixture
def ana(home: Institution) -> Access:
    return member_make(home, Role.TECHNICIAN, username="ana")


@pytest.fixture
def made(ana: Access) -> TokenMade:
    return token_create(member=ana.member, name="cron", days=30, actor=ana.actor)


def test_a_token_opens_its_institution_with_the_roles_of_its_member(made: TokenMade, ana: Access) -> None:
    access = access_by_token(made.text)
    assert (access.user, access.institution, access.roles) == (ana.user, ana.institution, frozenset({"technician"}))


def test_only_a_hash_is_kept_and_the_entry_names_the_public_part(
    made: TokenMade, home: Institution, entries: Entries
) -> None:
    assert made.token.digest == sha256(made.text.encode()).hexdigest()
    secret = made.text.split("_")[2]
    (entry,) = entries(home)
    assert (made.token.key_id in entry.body, secret in entry.body, secret in repr(made)) == (True, False, False)


def test_the_form_is_that_of_the_secret_scanners() -> None:
    prefix, key_id, secret, check = token_text_new().split("_")
    assert (prefix, len(key_id), len(secret), len(check)) == ("ops", 8, 43, 6)
    assert checksum(f"{prefix}_{key_id}_{secret}") == check


def refused(text: str) -> str:
    with pytest.raises(NotAuthenticatedError) as refusal:
        access_by_token(text)
    return refusal.value.detail


def test_every_bad_token_gets_the_same_words(made: TokenMade, ana: Access, home: Institution) -> None:
    prefix, key_id, secret, _ = made.text.split("_")
    other = "b" + secret[1:] if secret[0] != "b" else "c" + secret[1:]
    body = f"{prefix}_{key_id}_{other}"
    said = {
        refused(token_text_new()),
        refused(f"{body}_{checksum(body)}"),
        refused(made.text[:-1] + ("a" if made.text[-1] != "a" else "b")),
        refused(""),
        refused("é" * 60),
    }
    with time_machine.travel(timezone.now() + timedelta(days=30, seconds=1), tick=False):
        said.add(refused(made.text))
    User.objects.update(is_active=False)
    said.add(refused(made.text))
    User.objects.update(is_active=True)
    assert access_by_token(made.text)
    token_revoke(token=made.token, actor=ana.actor)
    said.add(refused(made.text))
    assert len(said) == 1


def test_a_removed_member_speaks_no_more(made: TokenMade, ana: Access, home: Institution) -> None:
    member_remove(member=ana.member, actor=SYSTEM)
    refused(made.text)


@given(st.text(max_size=80))
def test_no_text_confuses_the_parser(text: str) -> None:
    assert TokenText.parse(text) is None


def test_a_mistyped_token_costs_no_query(made: TokenMade, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        refused(made.text[:-1] + ("a" if made.text[-1] != "a" else "b"))


def test_use_is_noted_to_the_hour_with_one_write(
    made: TokenMade, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with time_machine.travel("2030-01-01 10:20:30Z", tick=False):
        ApiToken._base_manager.update(expires_at=timezone.now() + timedelta(days=1))
        access_by_token(made.text)
        with django_assert_num_queries(1):
            access_by_token(made.text)
    made.token.refresh_from_db()
    assert made.token.last_used_at is not None
    assert made.token.last_used_at.isoformat() == "2030-01-01T10:00:00+00:00"


@pytest.mark.parametrize("role", [Role.NOC, Role.AUDITOR, Role.EXECUTIVE_ADMIN])
def test_those_who_change_nothing_make_no_token(home: Institution, role: Role) -> None:
    reader = member_make(home, role)
    with pytest.raises(RefusedError):
        token_create(member=reader.member, name="x", days=1, actor=reader.actor)


def test_a_token_never_opens_what_its_maker_cannot(
    home: Institution, ana: Access, master: Access, kinds: Kinds
) -> None:
    for maker in (ana.actor, actor_make(home, Role.OWNER)):
        with pytest.raises(RefusedError) as refusal:
            token_create(member=master.member, name="x", days=1, actor=maker)
        assert refusal.value.code == "TOKEN_BEYOND_MAKER"
    assert kinds(home) == []
    token_create(member=ana.member, name="x", days=1, actor=master.actor)


@pytest.mark.parametrize(("name", "days"), [("", 1), (" ", 1), ("x" * 81, 1), ("x", 0), ("x", 367), ("x", -1)])
def test_a_bad_name_or_age_is_refused(ana: Access, name: str, days: int) -> None:
    with pytest.raises(InvalidError):
        token_create(member=ana.member, name=name, days=days, actor=ana.actor)
    with institution_scope(ana.institution.pk):
        assert not ApiToken.objects.exists()


def test_a_former_member_gets_none(ana: Access) -> None:
    member_remove(member=ana.member, actor=SYSTEM)
    with pytest.raises(ConflictError):
        token_create(member=ana.member, name="x", days=1, actor=SYSTEM)


def test_revoking_again_keeps_the_first_time(made: TokenMade, ana: Access, home: Institution, kinds: Kinds) -> None:
    first = token_revoke(token=made.token, actor=ana.actor).revoked_at
    assert token_revoke(token=made.token, actor=ana.actor).revoked_at == first
    assert kinds(home) == ["ACTOR_TOKEN_CREATED", "ACTOR_TOKEN_REVOKED"]


def test_a_colleague_cannot_revoke_it_but_who_manages_members_can(made: TokenMade, home: Institution) -> None:
    with pytest.raises(RefusedError):
        token_revoke(token=made.token, actor=actor_make(home, Role.DEVOPS))
    assert token_revoke(token=made.token, actor=actor_make(home, Role.ORG_ADMIN)).revoked_at is not None


@pytest.mark.urls("tests.institutions.test_middleware")
@pytest.mark.spec("V27")
def test_a_token_carries_its_institution_whatever_the_request_says(
    client: Client, made: TokenMade, away: Institution, master: Access
) -> None:
    client.force_login(master.user)  # the cookie beside it counts for nothing
    bearer = {"Authorization": f"Bearer {made.text}"}
    answer = client.get("/api/v1/members", headers={**bearer, "X-Institution-Id": str(away.pk)})
    assert answer.json() == {"institution": "home", "members": 2}


@pytest.mark.urls("tests.institutions.test_middleware")
@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer x", "Basic YTpi", "Token x"])
def test_a_bad_token_never_falls_back_to_the_cookie(client: Client, master: Access, header: str) -> None:
    client.force_login(master.user)
    answer = client.get("/api/v1/members", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.urls("tests.institutions.test_middleware")
def test_a_token_needs_no_csrf_and_one_query(
    made: TokenMade, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    careful = Client(enforce_csrf_checks=True)
    access_by_token(made.text)
    with django_assert_num_queries(2):  # the token with all it opens, and the view's own
        answer = careful.post("/api/v1/members", headers={"Authorization": f"bearer {made.text}"})
    assert answer.status_code == 200
