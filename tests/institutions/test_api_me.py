"""The API tells who is calling."""

import pytest
from django.test import Client

from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution
from tests.api.callers import Answer, anonymous, caller_make
from tests.institutions.factories import institution_make, member_make


@pytest.mark.spec("L42")
def test_a_token_says_who_where_and_what_it_may(home: Institution) -> None:
    answer = caller_make(home, Role.NOC, username="nina").get("/api/v1/me").json
    assert (answer["person"]["name"], answer["institution"]["slug"], answer["roles"]) == ("nina", "home", ["noc"])
    assert answer["permissions"] == [
        *("contract.read", "institution.enter", "ops.read", "proposal.read", "runtime.read"),
    ]
    assert answer["token_expires_at"].endswith("Z")


def test_a_session_says_the_same(home: Institution, client: Client) -> None:
    access = member_make(home, Role.OWNER, username="olga")
    client.force_login(access.user)
    answer = Answer(client.get("/api/v1/me")).json
    assert (answer["person"]["id"], answer["token_expires_at"]) == (str(access.user.code), None)


def test_a_session_of_two_institutions_names_one(home: Institution, client: Client) -> None:
    away = institution_make("away")
    access = member_make(home, Role.OWNER, username="olga")
    member_make(away, Role.NOC, user=access.user)
    client.force_login(access.user)
    assert Answer(client.get("/api/v1/me")).refusal == (422, "INSTITUTION_REQUIRED", [])
    answer = Answer(client.get("/api/v1/me", headers={"X-Institution-Id": str(away.pk)})).json
    assert (answer["institution"]["slug"], answer["roles"]) == ("away", ["noc"])


def test_a_session_that_writes_without_its_csrf_token_is_refused_for_that(home: Institution) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(member_make(home, Role.SUPER_ADMIN).user)
    answer = Answer(browser.post("/api/v1/agents/chat", {"question": "Who?"}, "application/json"))
    assert answer.refusal == (403, "CSRF", [])


def test_a_stranger_is_nobody(db: None) -> None:
    assert anonymous("/api/v1/me").refusal == (401, "NOT_AUTHENTICATED", [])
