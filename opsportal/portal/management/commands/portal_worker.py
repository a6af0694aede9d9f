"""``manage.py portal_worker``: the background worker alone, as the supervisor or systemd runs it."""

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from opsportal.jobs.process import WorkerProcess
from opsportal.portal.installation import worker_loss_record
from opsportal.portal.lifeline import lifeline_watch
from opsportal.portal.schedule import PERIODICS


class Command(BaseCommand):
    """Run the job cluster, the ticker and the watchdog in the foreground."""

    # They import every page of the portal. ``manage.py portal`` has made them; a worker that starts again need not.
    requires_system_checks = ()

    help = "Run the background worker: the job cluster, the ticker and the watchdog. Stop it with SIGTERM."

    def handle(self, *args: Any, **options: Any) -> None:
        """Lead a process group of its own (the watchdog kills it whole), then work."""
        if os.getpgrp() != os.getpid():
            os.setpgid(0, 0)
        lifeline_watch(grace_seconds=settings.STOP_SECONDS)
        WorkerProcess(PERIODICS, on_lost=worker_loss_record).run()
