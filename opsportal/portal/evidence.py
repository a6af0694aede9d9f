"""Evidence as people read it: what was measured beside what was expected."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MISSING = object()


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One measure. A text is empty where that side says nothing about it."""

    name: str
    measured: str
    expected: str


def evidence_rows(measured: Any, expected: Any) -> list[EvidenceRow]:
    """Pair two small JSON values by their keys, in the order in which they come; nested keys are joined by dots."""
    seen, wanted = dict(_flat(measured)), dict(_flat(expected))
    return [
        EvidenceRow(name, _said(seen.get(name, MISSING)), _said(wanted.get(name, MISSING)))
        for name in dict.fromkeys([*seen, *wanted])
    ]


def _flat(value: Any, name: str = "") -> Iterable[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    elif value is not None or name:
        yield name, value


def _said(value: Any) -> str:
    if value is MISSING:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
