"""Parameters against their declaration. What is not declared is refused, and ``true`` is not ``1``."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import re2

from opsportal.core.canonical import INTEGER_MAX, Json
from remediation.engine.expressions import values_equal
from remediation.engine.parts import Operation, Param

_UUID = re2.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DATETIME = re2.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})")


def params_complete(operation: Operation, params: Mapping[str, Json]) -> dict[str, Json]:
    """Return ``params`` with defaults filled in and declared nulls left out: what is stored, sealed and voted on."""
    defaults = {name: param.default for name, param in operation.params.items() if param.default is not None}
    given = {name: value for name, value in params.items() if value is not None or name not in operation.params}
    return defaults | given


def params_problem(operation: Operation, params: Mapping[str, Json]) -> str:
    """Return why ``params`` do not fit their declarations, as a sentence; "" when they do."""
    for name, value in params.items():
        param = operation.params.get(name)
        if param is None:
            return f"{operation.name} has no parameter {name!r}: leave it out."
        problem = _problem(param, value)
        if problem:
            return f"The parameter {name} {problem}."
    missing = operation.required - params.keys()
    return f"The parameter {min(missing)} is missing: add it." if missing else ""


def _problem(param: Param, value: Json) -> str:
    if not param.is_list:
        return _item_problem(param, value) or ("" if param.type != "int" else _bounds_problem(param, value, "be"))
    if not isinstance(value, list | tuple):
        return "must be a list"
    for item in value:
        problem = _item_problem(param, item)
        if problem:
            return f"{problem} in every item"
    return _bounds_problem(param, len(value), "have as many items as")


def _bounds_problem(param: Param, number: Any, verb: str) -> str:
    if param.min is not None and number < param.min:
        return f"must {verb} {param.min} or more"
    if param.max is not None and number > param.max:
        return f"must {verb} {param.max} or less"
    return ""


def _item_problem(param: Param, value: Json) -> str:
    if not value_is(param.type, value):
        return f"must be of the type {param.type}"
    if isinstance(value, str):
        if param.max_length is not None and len(value) > param.max_length:
            return f"must not be longer than {param.max_length} characters"
        if param.pattern is not None and not param.pattern.fullmatch(value.encode()):
            return f"must match {param.matches}"
    if param.values and not any(values_equal(value, allowed) for allowed in param.values):
        return f"must be one of {', '.join(map(str, param.values))}"
    return ""


def value_is(kind: str, value: Json) -> bool:
    """Return whether ``value`` is of the declared type."""
    if kind in {"string", "text"}:
        return type(value) is str and is_clean(value)
    if kind == "int":
        return type(value) is int and -INTEGER_MAX <= value <= INTEGER_MAX
    if kind == "bool":
        return type(value) is bool
    if type(value) is not str:
        return False
    if kind == "uuid":
        return bool(is_clean(value) and _UUID.fullmatch(value))
    return kind == "datetime" and is_clean(value) and _is_datetime(value)


def is_clean(text: str) -> bool:
    """Return whether ``text`` has a UTF-8 form and no NUL, at which a C library would cut it."""
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_datetime(text: str) -> bool:
    if not _DATETIME.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
