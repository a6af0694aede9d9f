"""Workers and jobs in the admin of the installation."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.utils import timezone
from django_q.models import Failure, OrmQ, Schedule, Success, Task
from django_q.signing import SignedPackage

from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution
from opsportal.jobs.models import PeriodicTask, Worker
from tests.institutions.admin_pages import (
    Model,
    assert_reads_only,
    assert_refused,
    browser,
    list_url,
    master_of,
    queries_of,
    row_url,
)
from tests.institutions.factories import institution_make, member_make, system_make

pytestmark = [pytest.mark.django_db, pytest.mark.spec("L42")]
MODELS = [Worker, PeriodicTask, OrmQ, Success, Failure]


def grow(number: int) -> None:
    now = timezone.now()
    Worker.objects.create(host=f"host{number}", pid=number, started_at=now, beat_at=now, end="hung")
    PeriodicTask.objects.create(name=f"task{number}", enqueued_at=now)
    package = {"id": f"{number}", "name": f"job{number}", "func": "opsportal.jobs.tasks.canary", "args": (number, 0)}
    OrmQ.objects.create(key="opsportal", payload=SignedPackage.dumps(package), lock=now)
    for is_good in (True, False):
        Task.objects.create(
            id=f"{number}{is_good}",
            name=f"job{number}",
            func="opsportal.jobs.tasks.canary",
            started=now,
            stopped=now + timedelta(seconds=1),
            success=is_good,
            result="boom",
        )


@pytest.fixture
def system(db: None) -> Institution:
    """The installation's own institution, with a worker and jobs."""
    grow(1)
    return system_make()


@pytest.mark.parametrize("model", MODELS)
def test_lists_and_rows_open_where_the_installation_is_administered(model: Model, system: Institution) -> None:
    master = master_of(system)
    assert master.get(list_url(model)).status_code == 200
    assert master.get(row_url(model, system)).status_code == 200


@pytest.mark.spec("V27")
@pytest.mark.parametrize("model", MODELS)
def test_and_nowhere_else(model: Model, system: Institution) -> None:
    master = master_of(institution_make("home"), is_superuser=True)
    assert_refused(master, list_url(model), row_url(model, system))
    assert list_url(model) not in master.get("/admin/").content.decode()
    assert_refused(browser(member_make(system, Role.TECHNICIAN).user), list_url(model), row_url(model, system))


@pytest.mark.parametrize("model", MODELS)
def test_nothing_is_added_changed_or_deleted_even_by_a_superuser(model: Model, system: Institution) -> None:
    assert_reads_only(master_of(system, is_superuser=True), model, system)


def test_no_job_is_submitted_again_from_here(system: Institution) -> None:
    before = OrmQ.objects.count()
    chosen = {"action": "resubmit_task", "_selected_action": [Failure.objects.get().pk]}
    master_of(system, is_superuser=True).post(list_url(Failure), chosen)
    assert (OrmQ.objects.count(), Failure.objects.count()) == (before, 1)


def test_a_job_says_what_it_does(system: Institution) -> None:
    page = master_of(system).get(row_url(OrmQ, system)).content.decode()
    assert "opsportal.jobs.tasks.canary" in page
    assert OrmQ.objects.get().payload not in page


def test_schedules_are_not_in_use_and_not_shown() -> None:
    assert not admin.site.is_registered(Schedule)


@pytest.mark.parametrize("model", MODELS)
def test_a_long_list_costs_as_many_queries_as_a_short_one(model: Model, system: Institution) -> None:
    master = master_of(system)
    few = queries_of(master, list_url(model))
    for number in range(2, 40):
        grow(number)
    assert queries_of(master, list_url(model)) == few


def test_the_way_back_to_the_portal_does_not_look_open(system: Institution) -> None:
    page = master_of(system).get(list_url(Worker))
    links = [item for group in page.context["sidebar_navigation"] for item in group["items"]]
    assert [item["link"] for item in links if item["active"]] == [list_url(Worker)]
