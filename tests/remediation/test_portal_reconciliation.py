"""What the page and the API tell of a reconciliation."""

from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from remediation.reconciliation import reconciliation_of
from tests.institutions.factories import institution_make, member_make
from tests.portal.visits import cost, seen
from tests.remediation.bundles import Journal, done
from tests.remediation.factories import Governed
from tests.remediation.people import browser_of

PAGE, API = "/i/home/reconciliation/", "/api/v1/reconciliation"


@pytest.fixture
def journal(governed: Governed) -> Journal:
    return Journal(governed.runtime)


@pytest.mark.spec("V42")
def test_the_page_says_what_was_compared_what_was_found_and_what_it_cannot_prove(
    governed: Governed, journal: Journal
) -> None:
    browser = browser_of(governed.owner)
    done(governed, journal)
    shown = seen(browser, PAGE)
    assert "Everything that ran was ordered and approved" in shown
    assert "root shell" in shown
    stranger = uuid4()
    journal.write("begun", job=str(stranger), order="0" * 64)
    journal.send()
    shown = seen(browser, PAGE)
    assert "Something does not fit" in shown
    assert str(stranger) in shown
    assert "nobody ordered it" in shown


def test_the_page_costs_the_same_for_one_difference_and_for_many(governed: Governed, journal: Journal) -> None:
    browser = browser_of(governed.owner)
    journal.write("begun", job=str(uuid4()))
    journal.send()
    one = cost(browser, PAGE)
    for _ in range(20):
        journal.write("begun", job=str(uuid4()))
    journal.send()
    assert cost(browser, PAGE) == one <= 20


def test_the_api_tells_the_same(governed: Governed, journal: Journal) -> None:
    done(governed, journal)
    journal.write("begun", job=str(uuid4()), order="0" * 64)
    journal.send()
    answer = browser_of(governed.owner).get(API)
    assert answer.status_code == 200
    said = answer.json()
    assert (said["verdict"], [one["code"] for one in said["differences"]]) == ("wrong", ["NOT_ORDERED"])
    assert said["differences"][0]["section"] == "orphan"
    assert "root shell" in said["limit"]
    assert set(said["counts"]) == {"runtimes", "lines", "executions", "orders", "entries"}


def test_it_shows_nothing_of_another_institution(governed: Governed, journal: Journal) -> None:
    away = institution_make("away")
    journal.write("begun", job=str(uuid4()), order="0" * 64)
    journal.send()
    with institution_scope(away.pk):
        assert reconciliation_of(timezone.now()).counts.lines == 0
    stranger = Client()
    stranger.force_login(member_make(away, *Role).user)
    assert stranger.get(PAGE).status_code == 404
