"""Hear a heartbeat: the one write that anybody who knows the secret URL may cause."""

from datetime import datetime
from uuid import UUID

from django_scopes import scopes_disabled

from opsportal.core.errors import NotFoundError
from scenarios.models import Heartbeat


def heartbeat_ping(*, code: UUID, at: datetime) -> None:
    """Note that the heartbeat with this secret code was heard at ``at``.

    The code alone names the institution, so the lookup is over all of them. A ping is a sample, not a
    change of state: it does not enter the ledger. Raises NotFoundError for an unknown code.
    """
    with scopes_disabled():
        if not Heartbeat.objects.filter(code=code).update(last_ping_at=at):
            raise NotFoundError("There is no such heartbeat.")
