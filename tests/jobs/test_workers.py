"""Life signs of the workers."""

import os
import socket
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django_q.models import OrmQ

from opsportal.jobs import services, tasks
from opsportal.jobs.models import Worker
from opsportal.jobs.selectors import worker_latest
from opsportal.jobs.services import CODE_VARIABLE, worked, worker_beat, worker_end, worker_start, workers_bury
from opsportal.jobs.watchdog import Watchdog

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
pytestmark = pytest.mark.django_db


def test_a_worker_says_where_it_runs_and_beats() -> None:
    worker = worker_start(code=uuid4(), at=NOON)
    worker_beat(worker, at=NOON + 10 * SECOND)
    assert worker_latest() == worker
    assert (worker.host, worker.pid, worker.beat_at) == (socket.gethostname(), os.getpid(), NOON + 10 * SECOND)


def test_workers_that_ended_long_ago_are_forgotten() -> None:
    worker_start(code=uuid4(), at=NOON - timedelta(days=31))
    kept = worker_start(code=uuid4(), at=NOON)
    assert Worker.objects.get() == kept


def test_an_end_is_recorded_once() -> None:
    worker = worker_start(code=uuid4(), at=NOON)
    assert worker_end(worker, how=Worker.End.STOPPED)
    assert not worker_end(worker, how=Worker.End.KILLED)
    assert Worker.objects.get().end == Worker.End.STOPPED


def lost(*, pid: int, beat_at: datetime = NOON, host: str = "", end: str = "") -> Worker:
    return Worker.objects.create(host=host or socket.gethostname(), pid=pid, started_at=NOON, beat_at=beat_at, end=end)


def test_the_next_worker_notices_those_that_were_killed() -> None:
    no_such_pid = 2**22 + 1
    dead = lost(pid=no_such_pid)
    reused_by_me = lost(pid=os.getpid())
    silent = lost(pid=os.getppid(), beat_at=NOON - timedelta(minutes=3))
    lost(pid=os.getppid())  # a second worker, alive
    lost(pid=no_such_pid, host="elsewhere")
    lost(pid=no_such_pid, end=Worker.End.STOPPED)
    assert {worker.pk for worker in workers_bury(at=NOON)} == {dead.pk, reused_by_me.pk, silent.pk}
    assert workers_bury(at=NOON) == []


def test_a_finished_task_is_noted_at_most_every_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = worker_start(code=uuid4(), at=NOON)
    monkeypatch.setenv(CODE_VARIABLE, str(worker.code))
    monkeypatch.setattr(services, "_noted_at", time.monotonic() - 5)
    worked(func=None, task={})
    worker.refresh_from_db()
    first = worker.worked_at
    assert first is not None
    worked(func=None, task={})
    worker.refresh_from_db()
    assert worker.worked_at == first


@pytest.mark.usefixtures("queue")
def test_a_canary_of_another_worker_goes_back_until_it_has_hopped_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CODE_VARIABLE, "mine")
    tasks.canary("mine", 20)
    tasks.canary("theirs", 0)
    assert OrmQ.objects.count() == 0
    tasks.canary("theirs", 20)
    assert OrmQ.objects.get().args() == ("theirs", 19)


def test_the_watchdog_counts_from_the_last_task_that_it_saw(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("opsportal.jobs.watchdog.time.monotonic", lambda: clock[0])
    dog = Watchdog(limit_seconds=60)
    clock[0] = 50
    dog.saw(NOON)
    clock[0] = 110
    dog.saw(NOON)  # nothing new
    patience = [dog.has_lost_patience]
    clock[0] = 111
    patience.append(dog.has_lost_patience)
    dog.excuse()
    patience.append(dog.has_lost_patience)
    assert patience == [False, True, False]
