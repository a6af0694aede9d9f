"""What the worker runs for this app."""

import logging

from django.utils import timezone

from opsportal.core.actor import TICKER
from opsportal.core.errors import ConflictError
from scenarios.models import Tick
from scenarios.services import runs_prune, tick_run

log = logging.getLogger(__name__)


def tick() -> None:
    """Run one tick over what is due; a tick that is already running is left alone."""
    try:
        tick_run(trigger=Tick.Trigger.TICKER, actor=TICKER, everything=False)
    except ConflictError as running:
        log.info("tick_skipped", extra={"code": running.code})


def prune() -> None:
    """Forget runs past their retention. Idempotent: a second delivery finds nothing left."""
    log.info("runs_pruned", extra={"count": runs_prune(at=timezone.now())})
