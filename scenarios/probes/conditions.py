"""Conditions are data: what was measured, an operator, a value. This judges them and says why.

A measure that could not be taken makes its condition *unknown* (``no_data``), never ok and never down. A measure that
was looked for and is not there (a header, a JSON path) is ``ABSENT``: only ``exists`` can judge that, every other
operator is again without data. When several conditions fail, the worst state wins: down, degraded, unknown, ok.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import re2

from opsportal.core.secret import secrets_within
from scenarios.models import ProbeState
from scenarios.probes.base import CheckSpec, Condition, Look, Measure, Probe, Reason

ABSENT: Final = object()
SHOWN_CHARACTERS = 200
SEVERITY = {ProbeState.OK: 0, ProbeState.UNKNOWN: 1, ProbeState.DEGRADED: 2, ProbeState.DOWN: 3}


class IncomparableError(Exception):
    """The measured value is not of a sort that the operator can judge."""


def _number(value: Any) -> float | int:
    if isinstance(value, bool) or value is None:
        raise IncomparableError
    try:
        number = value if isinstance(value, int | float) else float(str(value))
    except ValueError:
        raise IncomparableError from None
    if math.isnan(number):
        raise IncomparableError
    return number


def _same(measured: Any, value: Any) -> bool:
    """Equality as people mean it: 3 is "3" (headers and bodies are text), but true is not 1."""
    if isinstance(measured, bool) or isinstance(value, bool):
        return measured is value
    if isinstance(measured, str) and isinstance(value, int | float):
        try:
            return float(measured) == value
        except ValueError:
            return False
    return bool(measured == value)


def _contains(measured: Any, value: Any) -> bool:
    if isinstance(measured, str):
        return str(value) in measured
    if isinstance(measured, Mapping):
        return value in measured
    if isinstance(measured, Sequence):
        return any(_same(item, value) for item in measured)
    raise IncomparableError


@lru_cache(maxsize=1024)
def _pattern(text: str) -> Any:  # re2 has no types
    return re2.compile(text, _quiet())


@lru_cache(maxsize=1)
def _quiet() -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    return options


def _matches(measured: Any, value: Any) -> bool:
    if measured is None or isinstance(measured, Mapping | list):
        raise IncomparableError
    return _pattern(value).search(str(measured)) is not None


OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": _same,
    "!=": lambda measured, value: not _same(measured, value),
    "<": lambda measured, value: _number(measured) < value,
    "<=": lambda measured, value: _number(measured) <= value,
    ">": lambda measured, value: _number(measured) > value,
    ">=": lambda measured, value: _number(measured) >= value,
    "in": lambda measured, value: any(_same(measured, item) for item in value),
    "not_in": lambda measured, value: not any(_same(measured, item) for item in value),
    "contains": _contains,
    "not_contains": lambda measured, value: not _contains(measured, value),
    "matches": _matches,
    "exists": lambda measured, value: (measured is not ABSENT) is value,
}
ORDERING = frozenset({"<", "<=", ">", ">="})


def condition_state(condition: Condition, measured: Mapping[str, Any]) -> ProbeState:
    """What this one condition makes of what was measured: ok, its ``otherwise``, or unknown for lack of data."""
    value = measured.get(condition.measure, IncomparableError)
    if value is IncomparableError or (value is ABSENT and condition.op != "exists"):
        return ProbeState.UNKNOWN
    try:
        return ProbeState.OK if OPERATORS[condition.op](value, condition.value) else condition.otherwise
    except IncomparableError:
        return ProbeState.UNKNOWN


@dataclass(frozen=True, slots=True)
class Rules:
    """The conditions of one check, with what they expect in words people read."""

    conditions: tuple[Condition, ...]
    measures: tuple[str, ...]
    expected: Mapping[str, str]
    secrets: tuple[str, ...]


def rules_of(check: CheckSpec) -> Rules:
    """The check's rules, worked out once per check."""
    rules = check.prepared.get("rules")
    if isinstance(rules, Rules):
        return rules
    expected: dict[str, str] = {}
    for condition in check.conditions:
        words = f"{condition.op} {_shown(condition.value)}"
        earlier = expected.get(condition.measure)
        expected[condition.measure] = f"{earlier} and {words}" if earlier else words
    secrets = tuple(secret for secret in secrets_within(check.params) if secret)
    rules = Rules(check.conditions, tuple(expected), expected, secrets)
    check.prepared["rules"] = rules
    return rules


def judge(
    check: CheckSpec,
    measured: Mapping[str, Any],
    *,
    started: float,
    now: float,
    show: Iterable[str] = (),
    no_data: Reason = Reason.NO_DATA,
    secrets: Sequence[str] = (),
) -> Look:
    """The look that these measures make: the worst of the check's conditions, and what was measured for them.

    ``show`` names measures worth keeping as evidence beside those that conditions ask for; ``no_data`` is the reason
    given when a condition lacks its measure; ``secrets`` are blotted out of everything shown, and so are those in the check's params. ``started`` and ``now``
    are ``time.monotonic()`` seconds.
    """
    rules = rules_of(check)
    state, reason, failed = ProbeState.OK, Reason.OK, []
    for condition in rules.conditions:
        found = condition_state(condition, measured)
        if found is ProbeState.OK:
            continue
        failed.append(condition.measure)
        if SEVERITY[found] > SEVERITY[state]:
            state = found
            reason = no_data if found is ProbeState.UNKNOWN else Reason.CONDITION_FAILED
    names = dict.fromkeys((*failed, *rules.measures, *show)) if failed else dict.fromkeys((*rules.measures, *show))
    blots = (*rules.secrets, *secrets)
    evidence = {name: shown(measured[name], blots) for name in names if name in measured and (name != "body" or failed)}
    return Look(state, reason, evidence, rules.expected, round((now - started) * 1000))


def shown(value: Any, secrets: Sequence[str] = ()) -> Any:
    """``value`` fit for evidence: short, JSON, without any of ``secrets``. What is absent becomes None."""
    if value is None or value is ABSENT:
        return None
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return round(value, 3)
    text = _shown(value)
    for secret in secrets:
        text = text.replace(secret, "•••")
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def condition_problems(probe: Probe, condition: Condition) -> list[str]:
    """What is wrong with a condition for this kind of probe, in words; empty when nothing is."""
    problems = []
    if not any(_names(measure, condition.measure) for measure in probe.MEASURES):
        known = ", ".join(
            f"{measure.name}…" if measure.name.endswith(":") else measure.name for measure in probe.MEASURES
        )
        problems.append(f"{condition.measure!r} is nothing that {probe.kind} measures ({known})")
    elif problem := probe.measure_problem(condition.measure):
        problems.append(problem)
    if condition.op not in OPERATORS:
        return [*problems, f"{condition.op!r} is not an operator ({', '.join(OPERATORS)})"]
    if problem := _value_problem(condition):
        problems.append(problem)
    if condition.otherwise not in {ProbeState.DOWN, ProbeState.DEGRADED, ProbeState.UNKNOWN}:
        problems.append(f"otherwise cannot be {condition.otherwise!r}")
    return problems


def _names(measure: Measure, name: str) -> bool:
    if not measure.name.endswith(":"):
        return measure.name == name
    return name.startswith(measure.name) and len(name) > len(measure.name)


def _value_problem(condition: Condition) -> str | None:
    op, value = condition.op, condition.value
    if op in ORDERING and (isinstance(value, bool) or not isinstance(value, int | float)):
        return f"{op} needs a number, not {value!r}"
    if op in {"in", "not_in"} and not isinstance(value, list | tuple):
        return f"{op} needs a list, not {value!r}"
    if op == "exists" and not isinstance(value, bool):
        return f"exists needs true or false, not {value!r}"
    if op == "matches":
        try:
            _pattern(value)
        except (re2.error, TypeError) as error:
            return f"matches needs a regular expression: {error}"
    return None
