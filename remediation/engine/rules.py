"""Rules of policies and mandates. A rule about something that is not there does not hold: an absent limit is no limit kept."""

from collections.abc import Callable, Iterable

from opsportal.core.canonical import Json
from remediation.engine.expressions import values_equal
from remediation.engine.parts import Rule
from remediation.engine.snapshot import Snapshot


def rule_broken(rules: Iterable[Rule], snapshot: Snapshot) -> Rule | None:
    """Return the first rule that does not hold."""
    for rule in rules:
        if not CHECKS[rule.type](rule.find(snapshot), rule.value):
            return rule
    return None


def rule_sentence(rule: Rule) -> str:
    """Return what to tell the person whose request breaks ``rule``."""
    return rule.message or f"The request breaks {rule.type} of {rule.field}: change it and try again."


def _is_given(found: Json, _: Json) -> bool:
    return found is not None and found not in ("", [], (), {})


def _size(found: Json) -> int | None:
    if type(found) is int:
        return found
    return len(found) if isinstance(found, list | tuple) else None


def _is_at_most(found: Json, value: Json) -> bool:
    size = _size(found)
    return size is not None and type(value) is int and size <= value


def _is_at_least(found: Json, value: Json) -> bool:
    size = _size(found)
    return size is not None and type(value) is int and size >= value


def _is_short(found: Json, value: Json) -> bool:
    texts = found if isinstance(found, list | tuple) else [found]
    return type(value) is int and all(isinstance(text, str) and len(text) <= value for text in texts)


def _is_listed(found: Json, value: Json) -> bool:
    if not isinstance(value, list | tuple) or found is None:
        return False
    items = found if isinstance(found, list | tuple) else [found]
    return all(any(values_equal(item, allowed) for allowed in value) for item in items)


CHECKS: dict[str, Callable[[Json, Json], bool]] = {
    "required_field": _is_given,
    "numeric_max": _is_at_most,
    "numeric_min": _is_at_least,
    "string_max_len": _is_short,
    "enum_allowlist": _is_listed,
}
