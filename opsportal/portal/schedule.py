"""What comes back regularly, and when."""

from datetime import datetime, timedelta

from opsportal.jobs.selectors import task_is_waiting
from opsportal.jobs.ticker import Periodic, every
from scenarios.models import TickLease

TICK = "scenarios.tasks.tick"
TICK_RETRY = timedelta(seconds=10)


def tick_is_due(now: datetime, last: datetime | None) -> bool:
    """Say whether a tick should be queued: a scenario is due, none runs, none waits.

    One is queued per due moment. Should that one be lost (its worker was killed), the
    due moment stays in the past and another is queued when the lease of the lost one is over.
    """
    lease = TickLease.objects.filter(pk=1).values_list("next_due_at", "expires_at").first()
    due_at, held_until = lease or (None, None)
    if (due_at and due_at > now) or (held_until and held_until > now):
        return False
    if last is None or (due_at and last < due_at):
        return True
    return now - last >= TICK_RETRY and not task_is_waiting(TICK, at=now)


PERIODICS = [
    Periodic(TICK, tick_is_due),
    Periodic("ledger.tasks.checkpoint_all", every(timedelta(minutes=15))),
    Periodic("scenarios.tasks.prune", every(timedelta(days=1))),
    Periodic("ledger.tasks.verify_all", every(timedelta(hours=1))),
    Periodic("remediation.tasks.sweep", every(timedelta(seconds=15))),
]
