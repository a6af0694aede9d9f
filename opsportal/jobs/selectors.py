"""Reads on workers and on the queue."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django_q.models import OrmQ

from opsportal.jobs.models import Worker

ALIVE = timedelta(seconds=45)  # several beats


def worker_latest() -> Worker | None:
    """Return the worker that was alive last, or None when there never was one."""
    return Worker.objects.order_by("-beat_at").first()


def task_is_waiting(task: str, *, at: datetime) -> bool:
    """Say whether ``task`` (a dotted path) is in the queue and no cluster has taken it yet."""
    waiting = OrmQ.objects.filter(key=settings.Q_CLUSTER["name"], lock__lte=at)
    return any(row.task.get("func") == task for row in waiting.iterator())


def jobs_facts(at: datetime) -> Mapping[str, float]:
    """Return ``workers_alive``, and length and age of the queue: tasks that no cluster has taken yet."""
    waiting = OrmQ.objects.filter(key=settings.Q_CLUSTER["name"], lock__lte=at)
    oldest = waiting.order_by("lock").values_list("lock", flat=True).first()
    return {
        "workers_alive": Worker.objects.filter(end=Worker.End.RUNNING, beat_at__gt=at - ALIVE).count(),
        "queue_length": waiting.count(),
        "queue_oldest_seconds": (at - oldest).total_seconds() if oldest else 0,
    }
