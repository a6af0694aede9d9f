"""The Now page: how things stand, and whether the portal itself works."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution
from opsportal.jobs.models import Worker
from scenarios.models import TickLease
from tests.institutions.factories import member_make
from tests.ledger.factories import chain
from tests.scenarios.factories import looked, scenarios_make, spec_make


@pytest.fixture
def home(db: None) -> Institution:
    institution = Institution.objects.create(slug="home", name="Home")
    chain(institution_id=institution.pk)
    return institution


def page(institution: Institution, *roles: Role, path: str = "") -> str:
    client = Client()
    client.force_login(member_make(institution, *roles).user)
    return client.get(f"/i/home/{path}").content.decode()


def test_it_counts_what_is_wrong_and_lists_the_worst_first(home: Institution) -> None:
    bad, worse, well = (
        spec_make("a.bad", severity="low"),
        spec_make("b.worse", severity="critical"),
        spec_make("c.well"),
    )
    scenarios_make(home, bad, worse, well)
    looked(home.pk, (bad, "down"), (worse, "down"), (well, "ok"))
    shown = page(home, Role.TECHNICIAN)
    assert "<strong>1</strong><span>critical or high" in shown
    assert "<strong>2</strong><span>findings open" in shown
    assert "<strong>2<small> / 3</small>" in shown
    assert shown.index("The b.worse") < shown.index("The a.bad")


def test_who_may_not_see_hosts_sees_the_portal_alone(home: Institution) -> None:
    spec = spec_make()
    scenarios_make(home, spec)
    looked(home.pk, (spec, "down"))
    shown = page(home, Role.OWNER)
    assert "The web.shop" not in shown
    assert "This portal" in shown


def test_a_portal_without_a_worker_says_that_nothing_is_watched(home: Institution) -> None:
    assert "No worker has ever run" in page(home, Role.NOC, path="health")


@pytest.mark.parametrize(("seconds", "words"), [(0, ""), (3600, "The next round is late")])
def test_a_late_round_is_said_on_every_page(home: Institution, seconds: int, words: str) -> None:
    now = timezone.now()
    Worker.objects.create(host="h", pid=1, started_at=now, beat_at=now)
    TickLease.objects.update_or_create(pk=1, defaults={"next_due_at": now - timedelta(seconds=seconds)})
    assert words in page(home, Role.NOC, path="health")
    assert ("health-bad" in page(home, Role.NOC, Role.SEO, path="health")) == bool(words)


@pytest.mark.parametrize("count", [2, 30])
def test_its_queries_do_not_grow(home: Institution, count: int) -> None:
    specs = [spec_make(f"s.n{number}") for number in range(count)]
    scenarios_make(home, *specs)
    looked(home.pk, *((spec, "down") for spec in specs))
    client = Client()
    client.force_login(member_make(home, Role.TECHNICIAN).user)
    with CaptureQueriesContext(connection) as queries:
        client.get("/i/home/")
    assert len(queries) <= 17
