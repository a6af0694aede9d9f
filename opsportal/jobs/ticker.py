"""Queues what comes back regularly. django-q's own schedules look every 30 s and stop altogether
at the first row that they cannot parse; this looks twice a second at a fixed list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from opsportal.jobs.models import PeriodicTask
from opsportal.jobs.services import periodic_enqueue

IsDue = Callable[[datetime, datetime | None], bool]


@dataclass(frozen=True, slots=True)
class Periodic:
    """A task that comes back: its dotted path, and whether it is due ``(now, last queued)``."""

    task: str
    is_due: IsDue


def every(interval: timedelta) -> IsDue:
    """Return the rule: due at once, then ``interval`` after it was last queued."""
    return lambda now, last: last is None or now - last >= interval


class Ticker:
    """Looks at its list whenever it is told to. Several workers may: one of them queues."""

    def __init__(self, periodics: Sequence[Periodic]) -> None:
        self._periodics = {periodic.task: periodic for periodic in periodics}

    def prepare(self) -> None:
        """Make the rows that the workers agree on."""
        rows = [PeriodicTask(name=name) for name in self._periodics]
        PeriodicTask.objects.bulk_create(rows, ignore_conflicts=True)

    def look(self, now: datetime) -> list[str]:
        """Queue what is due; return what this worker queued."""
        queued = []
        for name, last in PeriodicTask.objects.values_list("name", "enqueued_at"):
            periodic = self._periodics.get(name)
            is_due = periodic is not None and periodic.is_due(now, last)
            if is_due and periodic_enqueue(name, last=last, at=now):
                queued.append(name)
        return queued
