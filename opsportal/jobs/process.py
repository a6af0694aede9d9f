"""The worker process: django-q's cluster, with the ticker and the watchdog in its otherwise idle parent."""

import logging
import os
import signal
import time
from collections.abc import Callable, Sequence
from types import FrameType
from uuid import uuid4

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone
from django_q.cluster import Cluster
from django_q.signals import post_execute

from opsportal.jobs.models import Worker
from opsportal.jobs.services import (
    CODE_VARIABLE,
    canary_send,
    worked,
    worker_beat,
    worker_end,
    worker_start,
    workers_bury,
)
from opsportal.jobs.ticker import Periodic, Ticker
from opsportal.jobs.watchdog import Watchdog

LOOK_SECONDS = 0.5
BEAT_SECONDS = 10.0

logger = logging.getLogger(__name__)


class WorkerProcess:
    """Runs until SIGTERM. A cluster that died or hangs takes the whole process group with it:
    the supervisor starts a new one, and tasks that ran are delivered again.

    ``on_lost`` is told of every worker of this machine that did not end by being stopped.
    """

    def __init__(self, periodics: Sequence[Periodic], *, on_lost: Callable[[Worker], None]) -> None:
        self._code = uuid4()
        self._ticker = Ticker(periodics)
        self._watchdog = Watchdog(limit_seconds=settings.WATCHDOG_SECONDS)
        self._on_lost = on_lost
        self._worker: Worker | None = None
        self._is_stopping = False
        self._beat_due = self._canary_due = 0.0

    def run(self) -> None:
        """Work until SIGTERM or SIGINT."""
        os.environ[CODE_VARIABLE] = str(self._code)
        post_execute.connect(worked)  # inherited by the process that collects results
        connection.close()  # the cluster forks: it must not inherit a connection
        cluster = Cluster()
        cluster.start()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop_requested)
        while not self._is_stopping:
            self._patiently(self._look)
            if not cluster.sentinel.is_alive():
                self._give_up(Worker.End.CLUSTER_DIED, "the job cluster has died")
            if self._watchdog.has_lost_patience:
                self._give_up(Worker.End.HUNG, f"no task has been finished for {self._watchdog.idle_seconds:.0f} s")
            time.sleep(LOOK_SECONDS)
        cluster.stop()
        self._patiently(lambda: self._ended(Worker.End.STOPPED))

    def _patiently(self, step: Callable[[], object]) -> None:
        """Do ``step``. A database that is away is waited for; the cluster is not blamed for it."""
        try:
            close_old_connections()
            step()
        except DatabaseError as error:
            logger.warning("worker: the database does not answer: %s", error)
            connection.close()
            self._watchdog.excuse()

    def _look(self) -> None:
        """Beat, send the canary, watch, tick."""
        now, clock = timezone.now(), time.monotonic()
        worker = self._worker or self._begin()
        if clock >= self._canary_due:
            canary_send(str(self._code))
            self._canary_due = clock + settings.CANARY_SECONDS
        if clock >= self._beat_due:
            worker_beat(worker, at=now)
            self._watchdog.saw(worker.worked_at)
            self._beat_due = clock + min(BEAT_SECONDS, settings.CANARY_SECONDS)
        self._ticker.look(now)

    def _begin(self) -> Worker:
        now = timezone.now()
        for lost in workers_bury(at=now):
            self._on_lost(lost)
        self._ticker.prepare()
        self._worker = worker_start(code=self._code, at=now)
        return self._worker

    def _ended(self, how: Worker.End) -> None:
        if self._worker is not None and worker_end(self._worker, how=how) and how != Worker.End.STOPPED:
            self._worker.end = how
            self._on_lost(self._worker)

    def _give_up(self, how: Worker.End, reason: str) -> None:
        """End this process and everything that it started, at once."""
        logger.critical("worker: %s; killing the process group", reason)
        self._patiently(lambda: self._ended(how))
        logging.shutdown()
        os.killpg(os.getpgrp(), signal.SIGKILL)

    def _stop_requested(self, number: int, frame: FrameType | None) -> None:
        self._is_stopping = True
