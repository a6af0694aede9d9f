"""What this app knows of the portal's own health, for the checks of kind ``self``.

Reads only. What cannot be known (no tick has ended yet) is left out, so that it is unknown and not zero.
"""

import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from ledger.selectors import chains, checkpoint_last, is_stopped, verified_at
from opsportal.institutions.models import Institution
from scenarios.registry.selectors import registry_problems
from scenarios.selectors import tick_last, tick_overdue

_CLOCK = {
    "postgresql": "SELECT extract(epoch FROM clock_timestamp())",
    "sqlite": "SELECT (julianday('now') - 2440587.5) * 86400",
}
_SIZE = {
    "postgresql": "SELECT pg_database_size(current_database())",
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
}


def watch_facts(at: datetime) -> Mapping[str, Any]:
    """Return the facts on ticks, registry, ledger and database that are known at ``at``."""
    return (
        dict(_ticks(at))
        | dict(_proof(at))
        | {
            "registry_problems": len(registry_problems()),
            "database_bytes": int(_asked(_SIZE)),
            "clock_skew_seconds": _clock_skew_seconds(),
        }
    )


def _ticks(at: datetime) -> Iterator[tuple[str, float]]:
    yield "tick_late_seconds", int(tick_overdue(at).total_seconds())
    last = tick_last()
    if last and last.finished_at:
        yield "tick_age_seconds", (at - last.finished_at).total_seconds()
        yield "tick_duration_seconds", (last.finished_at - last.started_at).total_seconds()


def _proof(at: datetime) -> Iterator[tuple[str, Any]]:
    """The oldest proof of all ledgers counts; one that was never proven counts from its beginning."""
    began = dict(Institution.objects.values_list("pk", "created_at"))
    ledgers = [institution_id for institution_id in chains() if institution_id in began]
    yield "ledger_broken", any(is_stopped(institution_id) for institution_id in ledgers)
    if ledgers:
        verified = min(verified_at(institution_id) or began[institution_id] for institution_id in ledgers)
        yield "ledger_verified_age_seconds", (at - verified).total_seconds()
        signed = [(checkpoint_last(institution_id), began[institution_id]) for institution_id in ledgers]
        oldest = min(checkpoint.created_at if checkpoint else beginning for checkpoint, beginning in signed)
        yield "checkpoint_age_seconds", (at - oldest).total_seconds()


def _clock_skew_seconds() -> float:
    """How far the database's clock is from ours, less what the question itself may have taken."""
    before = time.time()
    theirs = float(_asked(_CLOCK))
    after = time.time()
    return round(max(before - theirs, theirs - after, 0.0), 3)


def _asked(question: Mapping[str, str]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(question[connection.vendor])
        return cursor.fetchone()[0]
