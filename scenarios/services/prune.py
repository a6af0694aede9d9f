"""Forget old runs: the only table that grows with every round and that nothing needs for ever."""

from datetime import datetime, timedelta

from django.conf import settings

from opsportal.core.scope import institution_scope
from opsportal.institutions.models import Institution
from scenarios.models import Run

BATCH = 5_000  # rows per statement: each is a short transaction of its own


def runs_prune(*, at: datetime) -> int:
    """Delete the runs that began more than OPSPORTAL_RUN_RETENTION_DAYS before ``at``; return how many.

    What they proved stays: the ledger keeps the counts and the digest of every round, and a finding keeps
    the look that opened it. Killed half-way, the rest goes with the next call.
    """
    before = at - timedelta(days=settings.RUN_RETENTION_DAYS)
    total = 0
    for institution_id in Institution.objects.values_list("pk", flat=True):
        with institution_scope(institution_id):
            while keys := list(
                Run.objects.filter(started_at__lt=before).order_by("pk").values_list("pk", flat=True)[:BATCH]
            ):
                total += Run.objects.filter(pk__in=keys).delete()[0]
    return total
