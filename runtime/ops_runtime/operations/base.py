"""What an operation is: a name, its parameters, and either a look or a preview of changes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ops_runtime.canonical import canonical_bytes
from ops_runtime.changes import Preview
from ops_runtime.config import Limits
from ops_runtime.errors import RefusedError
from ops_runtime.plans import PlanStore
from ops_runtime.root import Root

RESULT_MAX = 180_000
"""Bytes of a result: as base64 in an envelope it stays below the 256 KiB that portals take."""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Context:
    """What an operation works with."""

    root: Root
    limits: Limits
    plans: PlanStore
    say: Say


class Params:
    """Parameters that fit their declaration."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def any(self, name: str) -> object:
        """Return a parameter as it came."""
        return self._values[name]

    def text(self, name: str) -> str:
        """Return a text."""
        return str(self._values[name])

    def number(self, name: str) -> int:
        """Return an integer."""
        value = self._values[name]
        return value if isinstance(value, int) else 0

    def flag(self, name: str) -> bool:
        """Return a truth value."""
        return self._values[name] is True

    def list(self, name: str) -> Sequence[object]:
        """Return a list."""
        value = self._values[name]
        return value if isinstance(value, list) else ()


@dataclass(frozen=True, slots=True)
class Param:
    """The declaration of one parameter; without a default it has to be there. ``most`` bounds numbers."""

    kind: str
    default: object = None
    least: int = 0
    most: int = 2**53 - 1

    def take(self, name: str, value: object, items: int) -> object:
        """Return the value; raise RefusedError when it does not fit."""
        if not _KINDS[self.kind](value):
            raise RefusedError("PARAMS_INVALID", f"The parameter {name} is not a {self.kind}.")
        if isinstance(value, int) and not self.least <= value <= self.most:
            raise RefusedError("PARAMS_INVALID", f"The parameter {name} is out of its bounds.")
        if isinstance(value, list) and not 1 <= len(value) <= items:
            raise RefusedError("LIMIT_EXCEEDED", f"The parameter {name} has no items or more than {items}.")
        return value


def _is_path(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, dict) and set(value) == {"b64"})


_KINDS: Mapping[str, Callable[[object], bool]] = {
    "text": lambda value: isinstance(value, str),
    "path": _is_path,
    "number": lambda value: type(value) is int,
    "flag": lambda value: isinstance(value, bool),
    "list": lambda value: isinstance(value, list) and all(_is_path(one) for one in value),
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One of ``look`` and ``preview`` is there. ``needs_plan``: it touches what exists, so never without a sealed plan."""

    name: str
    params: Mapping[str, Param]
    look: Callable[[Context, Params], dict[str, object]] | None = None
    preview: Callable[[Context, Params], Preview] | None = None
    needs_plan: bool = False

    def read(self, given: Mapping[str, object], limits: Limits) -> Params:
        """Return the parameters, defaults filled in; raise RefusedError for one unknown, missing or not fitting."""
        if unknown := set(given) - set(self.params):
            raise RefusedError("PARAMS_INVALID", f"Unknown parameters: {', '.join(sorted(unknown))}.")
        values: dict[str, object] = {}
        for name, param in self.params.items():
            if name not in given and param.default is None:
                raise RefusedError("PARAMS_INVALID", f"The parameter {name} is missing.")
            values[name] = param.take(name, given.get(name, param.default), limits.items)
        return Params(values)


def fitting(items: Sequence[object], budget: int = RESULT_MAX - 20_000) -> list[object]:
    """Return as many of the first ``items`` as a result can carry."""
    kept = []
    for item in items:
        budget -= len(canonical_bytes(item)) + 1
        if budget < 0:
            break
        kept.append(item)
    return kept
