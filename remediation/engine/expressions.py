"""Expressions of a contract, compiled once to functions that are total: no input makes them raise.

A missing reference is null. Equality is defined for all values and tells ``true`` from ``1``; an order exists
between two integers or two texts only, every other comparison is false. Only ``true`` is true.
"""

from collections.abc import Callable
from functools import reduce

from opsportal.core.canonical import Json
from remediation.engine.snapshot import Snapshot

Expression = Callable[[Snapshot], Json]
_PLAIN = {"at", "institution", "department", "operation", "target", "has_reason", "autonomy_level", "emergency"}
_REQUESTER = {"kind", "id", "person", "roles"}


class ExpressionError(ValueError):
    """The contract holds something that is no expression."""


def expression_compile(source: Json) -> Expression:
    """Return the function of an EXPR; raise ExpressionError when it is none."""
    if isinstance(source, bool):
        return lambda _: source
    if not isinstance(source, list) or not source:
        raise ExpressionError(f"{source!r} is not an expression")
    operator, *parts = source
    if operator == "lit" and len(parts) == 1:
        return lambda _: parts[0]
    if operator == "ref" and len(parts) == 1 and isinstance(parts[0], str):
        return reference_compile(parts[0])
    return _compound(operator, [expression_compile(part) for part in parts])


def reference_compile(path: str) -> Expression:
    """Return the function that reads ``path`` (``params.x``, ``requester.id``, ``target``…) from a snapshot."""
    root, _, rest = path.partition(".")
    if root == "params" and rest:
        return _params_reference(rest.split("."))
    if root in {"requester", "actor"} and rest in _REQUESTER:
        return lambda snapshot: _plain(getattr(snapshot.requester, rest))
    if path in _PLAIN:
        return lambda snapshot: _plain(getattr(snapshot, path))
    return lambda _: None


def values_equal(left: Json, right: Json) -> bool:
    """Return whether both are the same JSON value; ``true`` is not ``1``."""
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(values_equal(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(values_equal(left[key], right[key]) for key in left)
    return type(left) is type(right) and left == right


def _params_reference(names: list[str]) -> Expression:
    if len(names) == 1:
        name = names[0]
        return lambda snapshot: snapshot.params.get(name)

    def find(snapshot: Snapshot) -> Json:
        value: Json = snapshot.params
        return reduce(lambda inner, name: inner.get(name) if isinstance(inner, dict) else None, names, value)

    return find


def _plain(value: object) -> Json:
    return list(value) if isinstance(value, tuple) else value  # type: ignore[return-value]  # fields are JSON values


def _compound(operator: Json, parts: list[Expression]) -> Expression:
    if operator == "and" and parts:
        return lambda snapshot: all(part(snapshot) is True for part in parts)
    if operator == "or" and parts:
        return lambda snapshot: any(part(snapshot) is True for part in parts)
    if operator == "not" and len(parts) == 1:
        return lambda snapshot: parts[0](snapshot) is not True
    compare = _COMPARISONS.get(operator) if isinstance(operator, str) else None
    if compare is None or len(parts) != 2:
        raise ExpressionError(f"{operator!r} with {len(parts)} parts is not an expression")
    left, right = parts
    return lambda snapshot: compare(left(snapshot), right(snapshot))


def _less(left: Json, right: Json) -> bool:
    if type(left) is int and type(right) is int:
        return left < right
    return isinstance(left, str) and isinstance(right, str) and left < right


def _less_or_equal(left: Json, right: Json) -> bool:
    return _less(left, right) or (type(left) in {int, str} and values_equal(left, right))


def _is_in(left: Json, right: Json) -> bool:
    return isinstance(right, list | tuple) and any(values_equal(left, item) for item in right)


_COMPARISONS: dict[str, Callable[[Json, Json], bool]] = {
    "==": values_equal,
    "!=": lambda left, right: not values_equal(left, right),
    "<": _less,
    "<=": _less_or_equal,
    ">": lambda left, right: _less(right, left),
    ">=": lambda left, right: _less_or_equal(right, left),
    "in": _is_in,
}
