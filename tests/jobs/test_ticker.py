"""What is due is queued once, whoever looks."""

from datetime import UTC, datetime, timedelta

import pytest
from django_q.models import OrmQ

from opsportal.jobs.models import PeriodicTask
from opsportal.jobs.selectors import task_is_waiting
from opsportal.jobs.services import periodic_enqueue
from opsportal.jobs.ticker import Periodic, Ticker, every

TASK = "tests.lab.tasks.nothing"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def ticker() -> Ticker:
    made = Ticker([Periodic(TASK, every(MINUTE))])
    made.prepare()
    return made


@pytest.mark.usefixtures("queue")
def test_a_regular_task_is_queued_at_once_and_then_every_interval() -> None:
    looks = [ticker().look(NOON + timedelta(seconds=seconds)) for seconds in (0, 1, 59, 60, 61, 120)]
    assert looks == [[TASK], [], [], [TASK], [], [TASK]]
    assert [row.func() for row in OrmQ.objects.all()] == [TASK] * 3


@pytest.mark.usefixtures("queue")
def test_of_two_workers_that_saw_the_same_one_queues() -> None:
    ticker()
    assert periodic_enqueue(TASK, last=None, at=NOON)
    assert not periodic_enqueue(TASK, last=None, at=NOON + timedelta(milliseconds=3))
    assert OrmQ.objects.count() == 1


@pytest.mark.usefixtures("queue")
def test_a_row_that_nobody_knows_is_left_alone() -> None:
    PeriodicTask.objects.create(name="gone.with.an.older.version")
    assert ticker().look(NOON) == [TASK]


@pytest.mark.usefixtures("queue")
def test_a_task_waits_until_a_cluster_takes_it() -> None:
    ticker().look(NOON)
    row = OrmQ.objects.get()
    assert task_is_waiting(TASK, at=row.lock)
    assert not task_is_waiting("tests.lab.tasks.work", at=row.lock)
    OrmQ.objects.update(lock=row.lock + timedelta(minutes=15))  # how the broker marks what it hands out
    assert not task_is_waiting(TASK, at=row.lock)
