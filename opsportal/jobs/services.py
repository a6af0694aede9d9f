"""Writes of the workers: their life signs, and the queueing of what is due.

Life signs are counters of the installation: they never enter a ledger.
"""

import os
import socket
import time
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from opsportal.core.queue import enqueue
from opsportal.jobs.models import PeriodicTask, Worker

CODE_VARIABLE = "OPSPORTAL_WORKER_CODE"  # tells the forked processes whose they are
KEPT = timedelta(days=30)
SILENT = timedelta(minutes=2)  # many beats
NOTED_EVERY_SECONDS = 5.0
CANARY_HOPS = 20

_noted_at = -NOTED_EVERY_SECONDS


def worker_start(*, code: UUID, at: datetime) -> Worker:
    """Record that this process works from now on, and forget workers that ended long ago."""
    Worker.objects.filter(beat_at__lt=at - KEPT).delete()
    return Worker.objects.create(code=code, host=socket.gethostname(), pid=os.getpid(), started_at=at, beat_at=at)


def worker_beat(worker: Worker, *, at: datetime) -> None:
    """Record that the ticker of ``worker`` is alive, and read when its cluster last worked."""
    Worker.objects.filter(pk=worker.pk).update(beat_at=at)
    worker.refresh_from_db()


def worker_end(worker: Worker, *, how: str) -> bool:
    """Record how the run of ``worker`` ended (``Worker.End``), unless that is known; say whether it was news."""
    return bool(Worker.objects.filter(pk=worker.pk, end=Worker.End.RUNNING).update(end=how))


def workers_bury(*, at: datetime) -> list[Worker]:
    """Return the workers of this machine that ended without a clean stop, each of them once."""
    lost = []
    for worker in Worker.objects.filter(host=socket.gethostname(), end=Worker.End.RUNNING):
        is_lost = worker.pid == os.getpid() or at - worker.beat_at > SILENT or not _is_running(worker.pid)
        if is_lost and worker_end(worker, how=Worker.End.KILLED):
            worker.end = Worker.End.KILLED
            lost.append(worker)
    return lost


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def worked(**event: Any) -> None:
    """Note that the cluster of this process has finished a task; at most one write in five seconds, or half
    the interval of canaries.

    django-q calls it in the process that collects results, once a task has left the queue: that needs
    every process of the cluster. A task that only begins proves less: with the collector stuck, each
    would begin again and again.
    """
    global _noted_at  # noqa: PLW0603  one clock per process
    now = time.monotonic()
    if now - _noted_at >= min(NOTED_EVERY_SECONDS, settings.CANARY_SECONDS / 2):
        Worker.objects.filter(code=os.environ[CODE_VARIABLE]).update(worked_at=timezone.now())
        _noted_at = now


def canary_send(code: str, *, hops: int = CANARY_HOPS) -> None:
    """Queue a task that does nothing, for the cluster of the worker ``code`` to prove that it moves.

    Workers share one queue: one that takes the canary of another puts it back, ``hops`` times at most.
    """
    enqueue("opsportal.jobs.tasks.canary", code, hops, save=False)


def periodic_enqueue(task: str, *, last: datetime | None, at: datetime) -> bool:
    """Queue ``task`` (a dotted path) unless another worker did since ``last``; say whether it was this one."""
    with transaction.atomic():
        won = PeriodicTask.objects.filter(name=task, enqueued_at=last).update(enqueued_at=at)
        if won:
            enqueue(task)
    return bool(won)
