"""The single-flight lock of the tick: one holder, fenced, with an end.

Every claim raises the fence. A holder that was too slow finds a higher fence when it wants to
write, and writes nothing. A holder that died leaves an expired lease and a tick that is still
``running``: the next claim marks that tick as crashed and goes on.
"""

import os
import socket
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q

from opsportal.core.errors import ConflictError
from scenarios.models import TickLease


def lease_time() -> timedelta:
    """How long a tick may take: its looking time and a margin for writing."""
    return timedelta(seconds=settings.TICK_DEADLINE_SECONDS + 15)


def lease_take(*, at: datetime) -> TickLease:
    """Take the lease and return it with its new fence; raise ConflictError TICK_RUNNING while it is held."""
    if not _taken(at):
        _, is_first = TickLease.objects.get_or_create(pk=1)
        if not (is_first and _taken(at)):
            raise ConflictError("A tick is running. Try again when it has ended.", code="TICK_RUNNING")
    return TickLease.objects.get(pk=1)


def _taken(at: datetime) -> int:
    is_free = Q(expires_at__isnull=True) | Q(expires_at__lte=at)
    return TickLease.objects.filter(is_free, pk=1).update(
        fence=F("fence") + 1, holder=f"{socket.gethostname()}:{os.getpid()}", expires_at=at + lease_time()
    )


def lease_guard(fence: int) -> None:
    """Make sure, inside the writing transaction, that the lease is still ours; raise ConflictError otherwise."""
    if not TickLease.objects.filter(pk=1, fence=fence, expires_at__isnull=False).update(fence=fence):
        raise ConflictError("This tick took too long and another has begun.", code="TICK_OVERTAKEN")


def lease_release(fence: int, *, next_due_at: datetime | None = None) -> None:
    """Free the lease if it is still ours, and say when the next tick is due."""
    changes = {"next_due_at": next_due_at} if next_due_at else {}
    TickLease.objects.filter(pk=1, fence=fence).update(expires_at=None, holder="", **changes)
