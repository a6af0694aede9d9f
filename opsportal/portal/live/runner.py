"""What runs beside the web server, in its event loop."""

import asyncio
import logging
import os
import signal
from collections.abc import Coroutine, Mapping
from typing import Any

from django.conf import settings
from django.db import connections

from opsportal.core.topics import Topic
from opsportal.portal.live.hub import Hub
from opsportal.portal.live.relay import Relay
from opsportal.portal.live.relay_postgres import PostgresRelay
from opsportal.portal.live.relay_sqlite import SqliteRelay

# What Django adds to the parameters of libpq.
_DJANGOS = ("cursor_factory", "context", "pool", "prepare_threshold")
logger = logging.getLogger(__name__)


def relay_make(hub: Hub, topics: Mapping[str, Topic]) -> Relay:
    """Return the relay for the kind of database that is in use."""
    connection = connections["default"]
    if connection.vendor == "sqlite":
        return SqliteRelay(hub, topics, path=str(connection.settings_dict["NAME"]))
    return PostgresRelay(hub, topics, parameters=_libpq_parameters(connection.get_connection_params()))


def task_start(work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
    """Run ``work`` beside the server until the task is cancelled."""
    task = asyncio.create_task(work)
    task.add_done_callback(_ended)
    return task


def _libpq_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A pooler in transaction mode loses notifications: then OPSPORTAL_LISTEN_URL leads past it."""
    if settings.LISTEN_URL:
        return {"conninfo": settings.LISTEN_URL}
    return {name: value for name, value in parameters.items() if name not in _DJANGOS}


def _ended(task: "asyncio.Task[None]") -> None:
    """Without its relay every page would stand still without a word: better to start anew."""
    if not task.cancelled():
        logger.critical("live updates failed; stopping the web server", exc_info=task.exception())
        os.kill(os.getpid(), signal.SIGTERM)
