"""What a member was refused stands in the ledger."""

import json

import pytest
from django.test import Client

from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution
from opsportal.institutions.services import institution_mark_broken
from tests.institutions.conftest import Entries
from tests.institutions.factories import member_make

pytestmark = pytest.mark.urls("tests.institutions.test_middleware")


def test_a_refused_member_leaves_one_entry_a_minute_with_roles_and_request(
    client: Client, home: Institution, entries: Entries
) -> None:
    owner = member_make(home, Role.OWNER)
    client.force_login(owner.user)
    first = client.get("/i/home/members/")
    assert [client.get("/i/home/members/").status_code for _ in range(3)] == [403] * 3
    assert client.get("/api/v1/members").status_code == 403
    (entry,) = entries(home)
    data = json.loads(entry.body)["data"]
    assert (entry.kind, entry.actor) == ("RBAC_DECISION", str(owner.user.code))
    assert data == {
        "effect": "denied",
        "code": "RBAC_DENIED",
        "status": 403,
        "roles": ["owner"],
        "request_id": first["X-Request-ID"],
    }


def test_strangers_mistakes_and_absences_leave_none(client: Client, home: Institution, entries: Entries) -> None:
    client.get("/api/v1/members")
    client.force_login(member_make(home, Role.TECHNICIAN).user)
    client.get("/i/home/nothing/")
    client.generic("POST", "/api/v1/members", b"{", "application/json")
    client.generic("DELETE", "/api/v1/members")
    assert entries(home) == []


def test_a_ledger_that_takes_no_entry_changes_no_answer(
    client: Client, system: Institution, home: Institution, entries: Entries
) -> None:
    client.force_login(member_make(home, Role.OWNER).user)
    institution_mark_broken(home.pk, "HASH_MISMATCH", 1)
    assert client.get("/i/home/members/").status_code == 403
    assert entries(home) == []
