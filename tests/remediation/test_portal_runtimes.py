"""Runtimes in the portal: whether they live by their heartbeats, how one is added and revoked; and the numbers of Now."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from opsportal.institutions.access import Role
from remediation.models import Runtime
from remediation.services import runtime_enrol
from tests.institutions.factories import institution_make
from tests.portal.visits import HTMX, cost, pressed, seen, visitor
from tests.remediation.factories import Governed, runtime_make
from tests.remediation.people import browser_of

LIST = "/i/home/runtimes/"


@pytest.fixture
def owner(governed: Governed) -> Client:
    return browser_of(governed.owner)


@pytest.mark.spec("V33", "V34")
def test_a_silent_runtime_is_shown_as_offline(governed: Governed, owner: Client) -> None:
    assert "tone-good" in seen(owner, LIST).split('id="runtimes"')[1]
    Runtime.objects.update(last_seen_at=timezone.now() - timedelta(minutes=3))
    shown = seen(owner, LIST)
    assert "Offline" in shown
    assert "Online" not in shown
    page = seen(owner, f"{LIST}{governed.runtime.row.code}")
    assert "Look whether the machine is on" in page


def test_the_list_costs_the_same_for_one_and_for_four(governed: Governed, owner: Client) -> None:
    few = cost(owner, LIST)
    for _ in range(3):
        runtime_make(governed.department)
    assert cost(owner, LIST) == few <= 7
    assert cost(owner, f"{LIST}{governed.runtime.row.code}") <= 8


def test_what_a_machine_calls_itself_hides_nothing(governed: Governed, owner: Client) -> None:
    Runtime.objects.update(root="/home/\u202e<b>", name="<i>desk</i>")
    for address in (LIST, f"{LIST}{governed.runtime.row.code}"):
        shown = seen(owner, address)
        assert "<i>desk" not in shown
        assert "\u202e" not in shown
        assert "U+202E" in shown


@pytest.mark.spec("V39")
def test_a_machine_is_added_and_its_command_shown_once(governed: Governed, owner: Client) -> None:
    answer = owner.post(f"{LIST}new", {"department": "personal_ops", "name": "it's mine"})
    shown = answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    match = re.search(r"--actor-token (\S+)", shown)
    assert match
    runtime = Runtime.objects.get(status="pending")
    assert f"--institution-id {governed.institution.pk} --engine-base-url http://testserver" in shown
    assert match[1] not in seen(owner, f"{LIST}{runtime.code}")
    assert "Not enrolled yet" in seen(owner, LIST)
    runtime_enrol(token=match[1], public_key="a" * 64, version="1", platform="x")
    assert "Not enrolled yet" not in seen(owner, LIST)


def test_a_machine_needs_a_name(governed: Governed, owner: Client) -> None:
    assert "This field is required." in pressed(owner, f"{LIST}new", department="personal_ops", name="")
    assert Runtime.objects.count() == 1


def test_a_runtime_is_revoked_after_it_was_asked_twice(governed: Governed, owner: Client) -> None:
    address = f"{LIST}{governed.runtime.row.code}"
    assert "Revoke for good" in seen(owner, address)
    assert owner.post(f"{address}/revoke", headers=HTMX).status_code == 204
    shown = seen(owner, address)
    assert "Revoked" in shown
    assert "Revoke for good" not in shown


def test_a_token_that_nobody_used_in_time_is_told(governed: Governed, owner: Client) -> None:
    owner.post(f"{LIST}new", {"department": "personal_ops", "name": "late"})
    Runtime.objects.filter(name="late").update(enrol_expires_at=timezone.now() - timedelta(days=1))
    assert "Token lapsed" in seen(owner, LIST)


def test_strangers_and_the_wrong_roles_stay_out(governed: Governed) -> None:
    address = f"{LIST}{governed.runtime.row.code}"
    assert visitor(institution_make("away"), *Role).get(address).status_code == 404
    noc = visitor(governed.institution, Role.NOC)
    assert noc.get(address).status_code == 200
    assert noc.get(f"{LIST}new").status_code == 403
    assert noc.post(f"{address}/revoke").status_code == 403


def test_an_empty_list_teaches(db: None) -> None:
    assert "A runtime is a small program on a machine." in seen(visitor(institution_make(), Role.OWNER), LIST)


@pytest.mark.spec("V33", "V34")
def test_now_counts_what_waits_for_my_approval_and_who_is_silent(governed: Governed) -> None:
    governed.waiting()
    Runtime.objects.update(last_seen_at=timezone.now() - timedelta(minutes=3))
    shown = seen(browser_of(governed.executive), "/i/home/")
    assert re.search(r'href="/i/home/approvals/"><strong>1</strong>', shown)
    assert re.search(r'href="/i/home/runtimes/"><strong>1</strong>', shown)
    assert re.search(r'href="/i/home/approvals/"><strong>0</strong>', seen(browser_of(governed.owner), "/i/home/"))
