"""Dead-man's switch: something that must call us regularly, and is down when it does not."""

from time import monotonic
from typing import ClassVar

from scenarios.models import ProbeState
from scenarios.probes.base import CheckSpec, JsonSchema, Look, Measure, Probe, ProbeContext, Reason
from scenarios.probes.conditions import judge


class HeartbeatProbe(Probe):
    """Compares the age of the last ping with the interval it promised, plus grace.

    Never pinged is not yet a failure: a job that runs nightly may have been set up at noon. It is ``unknown``
    (``no_data``) until interval and grace have passed since its URL was made, and down from then on.
    """

    kind: ClassVar[str] = "heartbeat"
    SCHEMA: ClassVar[JsonSchema] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["name", "interval_seconds"],
        "properties": {
            "name": {"type": "string", "pattern": "^[a-z0-9]+([._-][a-z0-9]+)*$", "maxLength": 80},
            "interval_seconds": {"type": "integer", "minimum": 1, "description": "How often it promises to call."},
            "grace_seconds": {"type": "integer", "minimum": 0, "description": "How late it may be. Default 60."},
        },
    }
    MEASURES: ClassVar[tuple[Measure, ...]] = (Measure("age_seconds", "number", "Seconds since the last ping."),)

    async def look(self, check: CheckSpec, context: ProbeContext) -> Look:
        """Down when the last ping, or the first that is still awaited, is overdue."""
        started = monotonic()
        name = check.opened["name"]
        allowed = check.opened["interval_seconds"] + check.opened.get("grace_seconds", 60)
        last = context.heartbeats.get(name)
        since = last or context.heartbeats_since.get(name)
        age = None if since is None else (context.now - since).total_seconds()
        expected = {"age_seconds": f"<= {allowed}"}
        if last is None:
            overdue = age is not None and age > allowed
            state = ProbeState.DOWN if overdue else ProbeState.UNKNOWN
            measured = {"last_ping": None, "waiting_seconds": None if age is None else round(age)}
            return Look(state, Reason.MISSING if overdue else Reason.NO_DATA, measured, expected)
        look = judge(check, {"age_seconds": age}, started=started, now=monotonic(), show=("age_seconds",))
        evidence = {**look.measured, "last_ping": last.isoformat()}
        if age is not None and age > allowed:
            return Look(ProbeState.DOWN, Reason.CONDITION_FAILED, evidence, expected, look.duration_ms)
        return Look(look.state, look.reason, evidence, {**expected, **look.expected}, look.duration_ms)


PROBE = HeartbeatProbe()
