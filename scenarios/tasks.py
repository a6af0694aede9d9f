"""What the worker runs for this app."""

import logging

from opsportal.core.actor import TICKER
from opsportal.core.errors import ConflictError
from scenarios.models import Tick
from scenarios.services import tick_run

log = logging.getLogger(__name__)


def tick() -> None:
    """Run one tick over what is due; a tick that is already running is left alone."""
    try:
        tick_run(trigger=Tick.Trigger.TICKER, actor=TICKER, everything=False)
    except ConflictError as running:
        log.info("tick_skipped", extra={"code": running.code})
