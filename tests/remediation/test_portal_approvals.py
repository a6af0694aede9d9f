"""The list of what waits for people, and the brakes."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from opsportal.institutions.access import Role
from remediation.models import Brakes
from tests.institutions.factories import institution_make
from tests.portal.visits import HTMX, cost, seen, visitor
from tests.remediation.factories import Governed
from tests.remediation.people import browser_of

LIST = "/i/home/approvals/"


@pytest.fixture
def owner(governed: Governed) -> Client:
    return browser_of(governed.owner, name="Olga")


@pytest.fixture
def executive(governed: Governed) -> Client:
    return browser_of(governed.executive)


@pytest.mark.spec("V33", "V35")
def test_each_tab_holds_what_is_mine_to_decide_what_i_asked_and_all(
    governed: Governed, owner: Client, executive: Client
) -> None:
    proposal = governed.waiting(reason="full disk")
    row = seen(executive, LIST)
    for word in ("<strong>Olga</strong> wants to delete 1 file", "R2 changes", "0 of 1", "full disk"):
        assert word in row
    assert f'href="/i/home/proposals/{proposal.code}"' in row
    assert "Nothing waits for you" in seen(owner, LIST)
    assert seen(owner, f"{LIST}?tab=asked").count("data-row ") == 1
    assert seen(executive, f"{LIST}?tab=asked").count("data-row ") == 0
    assert seen(executive, f"{LIST}?tab=all").count("data-row ") == 1
    governed.voted(proposal)
    assert seen(executive, LIST).count("data-row ") == 0
    assert "1 of 1" in seen(executive, f"{LIST}?tab=all")


def test_whoever_waits_longest_stands_first(governed: Governed, executive: Client) -> None:
    first, second = governed.waiting(), governed.waiting()
    for tab in ("mine", "all"):
        shown = seen(executive, f"{LIST}?tab={tab}")
        assert shown.index(str(first.code)) < shown.index(str(second.code))


def test_the_list_costs_the_same_for_one_and_for_five(governed: Governed, executive: Client) -> None:
    governed.waiting()
    few = {tab: cost(executive, f"{LIST}?tab={tab}") for tab in ("mine", "all")}
    for _ in range(4):
        governed.waiting()
    assert {tab: cost(executive, f"{LIST}?tab={tab}") for tab in ("mine", "all")} == few
    assert max(few.values()) <= 8


def test_an_approval_leads_to_its_proposal(governed: Governed, executive: Client) -> None:
    proposal = governed.waiting()
    answer = executive.get(f"{LIST}{proposal.approval.code}")
    assert (answer.status_code, answer["Location"]) == (302, f"/i/home/proposals/{proposal.code}")


def test_after_its_time_the_page_says_so_and_the_vote_is_refused(governed: Governed) -> None:
    proposal = governed.waiting()
    address = f"/i/home/proposals/{proposal.code}"
    with time_machine.travel(timezone.now() + timedelta(days=4), tick=False):
        executive = browser_of(governed.executive)
        shown = seen(executive, address)
        assert "The time to decide has passed." in shown
        assert "Approve…" not in shown
        sent = {"plan_digest": proposal.plan_digest, "reason": "late"}
        assert executive.post(f"{address}/approve", sent, headers=HTMX).status_code == 410
        assert "The time to decide ended" in seen(executive, address)


def test_strangers_and_the_wrong_roles_stay_out(governed: Governed) -> None:
    away = visitor(institution_make("away"), *Role)
    assert away.get(LIST).status_code == 404
    noc = visitor(governed.institution, Role.NOC)
    assert noc.get(LIST).status_code == 200
    for brake in ("stop", "freeze"):
        assert noc.post(f"/i/home/brakes/{brake}", {"active": "1"}).status_code == 403
    assert "Emergency stop</button>" not in seen(noc, LIST)


@pytest.mark.spec("V67")
def test_the_brakes_are_pulled_and_released_and_every_page_says_so(governed: Governed, owner: Client) -> None:
    assert "Emergency stop</button>" in seen(owner, LIST)
    answer = owner.post("/i/home/brakes/stop", {"active": "1", "reason": "odd things"}, headers=HTMX)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, LIST)
    for address in (LIST, "/i/home/proposals/", "/i/home/jobs/", "/i/home/contracts/", "/i/home/runtimes/"):
        assert "Pulled by Olga," in seen(owner, address), address
    owner.post("/i/home/brakes/freeze", {"active": "1", "reason": "weekend"})
    assert "By Olga," in seen(owner, LIST)
    owner.post("/i/home/brakes/stop", {"active": "0"})
    owner.post("/i/home/brakes/freeze", {"active": "0"})
    found = Brakes.objects.get()
    assert (found.stopped_at, found.frozen_at) == (None, None)
    assert "Pulled by" not in seen(owner, LIST)


def test_a_brake_needs_to_know_which_way(governed: Governed, owner: Client) -> None:
    assert owner.post("/i/home/brakes/stop", {}, headers=HTMX).status_code == 400
    assert not Brakes.objects.filter(stopped_at__isnull=False).exists()


@pytest.mark.spec("L45")
def test_the_noc_reads_no_names(governed: Governed, owner: Client) -> None:
    governed.waiting()
    noc = visitor(governed.institution, Role.NOC)
    assert "Olga" not in seen(noc, f"{LIST}?tab=all")
    assert "O•••" in seen(noc, f"{LIST}?tab=all")
