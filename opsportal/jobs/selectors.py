"""Reads on workers and on the queue."""

from datetime import datetime

from django.conf import settings
from django_q.models import OrmQ

from opsportal.jobs.models import Worker


def worker_latest() -> Worker | None:
    """Return the worker that was alive last, or None when there never was one."""
    return Worker.objects.order_by("-beat_at").first()


def task_is_waiting(task: str, *, at: datetime) -> bool:
    """Say whether ``task`` (a dotted path) is in the queue and no cluster has taken it yet."""
    waiting = OrmQ.objects.filter(key=settings.Q_CLUSTER["name"], lock__lte=at)
    return any(row.task.get("func") == task for row in waiting.iterator())
