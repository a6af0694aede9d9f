"""The portal's own health, as facts that the tick read before it began to look."""

from time import monotonic
from typing import ClassVar

from scenarios.probes.base import CheckSpec, JsonSchema, Look, Measure, Probe, ProbeContext
from scenarios.probes.conditions import judge


class SelfProbe(Probe):
    """Judges ``context.facts``. A fact that the tick could not read is missing, so its condition is unknown."""

    kind: ClassVar[str] = "self"
    SCHEMA: ClassVar[JsonSchema] = {"type": "object", "additionalProperties": False, "properties": {}}
    MEASURES: ClassVar[tuple[Measure, ...]] = (
        Measure("tick_age_seconds", "number", "Since the last completed tick."),
        Measure("tick_late_seconds", "number", "By how much this tick began late; 0 when it is in time."),
        Measure("tick_duration_seconds", "number", "How long the last completed tick took."),
        Measure("queue_length", "number", "Jobs that wait for a worker."),
        Measure("queue_oldest_seconds", "number", "How long the oldest of them has waited."),
        Measure("workers_alive", "number", "Worker clusters that reported lately."),
        Measure("ledger_verified_age_seconds", "number", "Since the ledger was last verified without a break."),
        Measure("ledger_broken", "boolean", "The last verification found a break."),
        Measure("checkpoint_age_seconds", "number", "Since the last signed checkpoint."),
        Measure("database_bytes", "number", "Size of the database."),
        Measure("database_free_bytes", "number", "Room left on the disk of the database."),
        Measure("backup_age_seconds", "number", "Since the last backup."),
        Measure("registry_problems", "number", "Problems of the newest registry text; 0 when it was accepted."),
        Measure("clock_skew_seconds", "number", "Difference between this clock and the database's."),
    )

    async def look(self, check: CheckSpec, context: ProbeContext) -> Look:
        """Judge the facts; nothing is read or asked here."""
        started = monotonic()
        facts = {name: value for name, value in context.facts.items() if value is not None}
        return judge(check, facts, started=started, now=monotonic())


PROBE = SelfProbe()
