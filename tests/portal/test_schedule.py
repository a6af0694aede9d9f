"""When a tick is queued."""

from datetime import UTC, datetime, timedelta

import pytest
from django_q.models import OrmQ

from opsportal.core.queue import enqueue
from opsportal.portal import schedule
from opsportal.portal.schedule import TICK_RETRY, tick_is_due
from scenarios.models import TickLease

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
pytestmark = [pytest.mark.django_db, pytest.mark.spec("L32")]


def lease(*, due: datetime | None, held_until: datetime | None = None) -> None:
    TickLease.objects.create(next_due_at=due, expires_at=held_until)


def test_the_first_tick_is_due_at_once() -> None:
    assert tick_is_due(NOON, None)


def test_nothing_is_due_before_its_time() -> None:
    lease(due=NOON + SECOND)
    assert not tick_is_due(NOON, None)
    assert tick_is_due(NOON + SECOND, NOON - 60 * SECOND)


def test_nothing_is_queued_while_a_tick_runs() -> None:
    lease(due=NOON - SECOND, held_until=NOON + SECOND)
    assert not tick_is_due(NOON, NOON - 60 * SECOND)


def test_one_is_queued_per_due_moment() -> None:
    lease(due=NOON)
    assert tick_is_due(NOON, NOON - SECOND)
    assert not tick_is_due(NOON + SECOND, NOON)


def test_a_tick_that_was_lost_is_queued_again() -> None:
    lease(due=NOON, held_until=NOON + SECOND)
    assert not tick_is_due(NOON + TICK_RETRY - SECOND, NOON)
    assert tick_is_due(NOON + TICK_RETRY, NOON)


@pytest.mark.usefixtures("queue")
def test_none_is_added_to_one_that_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "TICK", "tests.lab.tasks.nothing")
    lease(due=NOON)
    enqueue("tests.lab.tasks.nothing")
    OrmQ.objects.update(lock=NOON)
    assert not tick_is_due(NOON + TICK_RETRY, NOON)
    OrmQ.objects.all().delete()
    assert tick_is_due(NOON + TICK_RETRY, NOON)
