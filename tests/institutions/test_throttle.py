"""Limits of the API."""

from collections.abc import Iterator

import pytest
from django.test import Client, override_settings

from opsportal.core.actor import SYSTEM
from opsportal.core.limits import Rate
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution
from opsportal.institutions.services import token_create
from opsportal.institutions.throttle import BUCKETS
from tests.institutions.factories import member_make

pytestmark = [pytest.mark.urls("tests.institutions.test_middleware"), pytest.mark.spec("V56")]


@pytest.fixture(autouse=True)
def three_at_once() -> Iterator[None]:
    """Three requests at once for everybody, then one in two seconds."""
    BUCKETS.clear()
    rate = Rate(per_minute=30, burst=3)
    with override_settings(API_RATE_MEMBER=rate, API_RATE_STRANGER=rate):
        yield
    BUCKETS.clear()


def statuses(client: Client, path: str, times: int = 4, **headers: str) -> list[int]:
    return [client.get(path, headers=headers).status_code for _ in range(times)]


def test_who_asks_too_often_is_told_when_to_come_back(client: Client, home: Institution) -> None:
    client.force_login(member_make(home, Role.TECHNICIAN).user)
    assert statuses(client, "/api/v1/members", 3) == [200, 200, 200]
    answer = client.get("/api/v1/members")
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (429, "THROTTLED", "2")
    assert answer["Content-Type"] == "application/problem+json"


def test_each_token_has_its_own_limit(client: Client, home: Institution) -> None:
    member = member_make(home, Role.TECHNICIAN).member
    one, two = (
        f"Bearer {token_create(member=member, name=name, days=1, actor=SYSTEM).text}" for name in ("one", "two")
    )
    assert statuses(client, "/api/v1/members", Authorization=one) == [200, 200, 200, 429]
    assert statuses(client, "/api/v1/members", Authorization=two) == [200, 200, 200, 429]


def test_strangers_are_limited_by_address(client: Client, db: None) -> None:
    assert statuses(client, "/api/v1/public") == [200, 200, 200, 429]
    assert client.get("/api/v1/public", REMOTE_ADDR="192.0.2.7").status_code == 200


def test_an_ipv6_caller_cannot_hop_within_their_network(client: Client, db: None) -> None:
    for number in range(3):
        client.get("/api/v1/public", REMOTE_ADDR=f"2001:db8::{number + 1}")
    assert client.get("/api/v1/public", REMOTE_ADDR="2001:db8::ffff").status_code == 429
    assert client.get("/api/v1/public", REMOTE_ADDR="2001:db8:0:1::1").status_code == 200


def test_a_header_cannot_lie_about_the_address(client: Client, db: None) -> None:
    answers = [
        client.get("/api/v1/public", headers={"X-Forwarded-For": f"192.0.2.{number}"}).status_code
        for number in range(4)
    ]
    assert answers == [200, 200, 200, 429]


def test_what_keeps_its_own_limits_is_not_limited_here(client: Client, db: None) -> None:
    assert statuses(client, "/api/v1/ping", 9) == [200] * 9
