"""Short ways to say what a test looks at."""

from datetime import UTC, datetime
from typing import Any

from scenarios.models import ProbeState
from scenarios.probes.base import CheckSpec, Condition, Look, ProbeContext
from scenarios.probes.running import looks_sync

NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)


def check_of(kind: str, *conditions: Condition, timeout_seconds: float = 5.0, **params: Any) -> CheckSpec:
    return CheckSpec("probe", kind, params, conditions, timeout_seconds)


def must(measure: str, op: str, value: Any, otherwise: ProbeState = ProbeState.DOWN) -> Condition:
    return Condition(measure, op, value, otherwise)


def context_of(**knowledge: Any) -> ProbeContext:
    return ProbeContext(**{"now": NOW, **knowledge})


def look_at(
    kind: str,
    *conditions: Condition,
    context: ProbeContext | None = None,
    timeout_seconds: float = 5.0,
    **params: Any,
) -> Look:
    """One real look, through the same door as the tick."""
    check = check_of(kind, *conditions, timeout_seconds=timeout_seconds, **params)
    return looks_sync([check], context or context_of(), deadline_seconds=30)[0]


def verdict(look: Look) -> tuple[str, str]:
    return str(look.state), str(look.reason)
