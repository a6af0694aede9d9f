"""From the JSON of the artifacts to prepared operations. Whatever is not understood refuses the whole bundle."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import re2

from remediation.engine.expressions import expression_compile, reference_compile
from remediation.engine.params import value_is
from remediation.engine.parts import (
    ApprovalRule,
    Autonomy,
    Budget,
    Emergency,
    Invariant,
    Mandate,
    Operation,
    Param,
    Policy,
    Rule,
    Stage,
    Window,
)
from remediation.engine.rules import CHECKS

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TYPES = {"string", "text", "int", "bool", "uuid", "datetime"}
Parts = Mapping[str, dict[str, Any]]


class PartError(ValueError):
    """An artifact says something that the engine does not know, so that it could not judge by it."""


def operations_prepare(parts: Parts) -> dict[str, Operation]:
    """Return the operations by name, each with all that governs it."""
    sources = parts["operations.json"]["operations"]
    prepared = {source["name"]: _operation(source, parts) for source in sources}
    _require(len(prepared) == len(sources), "an operation is declared twice")
    return prepared


def _operation(source: dict[str, Any], parts: Parts) -> Operation:
    name = source["name"]
    _require(source["risk"] in {"R0", "R1", "R2", "R3"}, f"{name}: unknown risk")
    _require(source["dry_run"] in {"required", "optional", "none"}, f"{name}: unknown dry_run")
    params = {param["name"]: _param(param) for param in source["params"]}
    policies, approvals = parts["policies.json"], parts["approvals.json"]
    return Operation(
        name=name,
        endpoint=source["endpoint"],
        permission=source["permission"],
        kind=source["kind"],
        risk=source["risk"],
        dry_run=source["dry_run"],
        is_reversible=source["reversible"],
        idempotency=source["idempotency"],
        needs_reason=source["reason"] != "optional",
        scope=source["scope"],
        title=source["title"],
        params=params,
        required=frozenset(param.name for param in params.values() if param.is_required),
        roles=frozenset(
            actor["id"]
            for actor in _list(parts["rbac.json"]["actors"])
            if source["permission"] in _list(actor["permissions"])
        ),
        policies=tuple(Policy(item["id"], _rules(item["rules"])) for item in _of(name, policies["policies"])),
        windows=tuple(_window(item) for item in _of(name, policies["windows"])),
        budgets=tuple(_budget(item) for item in _of(name, policies["budgets"])),
        mandates=tuple(_mandate(item) for item in _of(name, parts["mandates.json"]["mandates"])),
        autonomy=_autonomy(name, parts["autonomy.json"]["rules"]),
        approval=_approval(name, approvals["rules"], parts["sod.json"]["rules"]),
        emergencies={item["id"]: _emergency(item) for item in _of(name, approvals["emergencies"])},
        invariants=tuple(
            _invariant(item) for item in _list(parts["invariants.json"]["invariants"]) if item["applies_to"] == name
        ),
    )


def _of(name: str, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [item for item in _list(items) if name in _list(item["operations"])]


def _param(source: dict[str, Any]) -> Param:
    _require(source["type"] in TYPES, f"unknown type {source['type']}")
    param = Param(
        name=source["name"],
        type=source["type"],
        is_list=source["list"],
        is_required=source["required"],
        default=source["default"],
        min=_number_or_none(source["min"]),
        max=_number_or_none(source["max"]),
        max_length=_number_or_none(source["max_length"]),
        values=tuple(_list(source["values"])),
        matches=source["matches"],
        pattern=_pattern(source["matches"]),
    )
    _require(all(value_is(param.type, value) for value in param.values), f"{param.name}: values of another type")
    return param


def _pattern(source: str) -> Any:
    if not source:
        return None
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(source, options)
    except re2.error as error:
        raise PartError(f"{source!r} is not RE2") from error


def _rules(sources: list[dict[str, Any]]) -> tuple[Rule, ...]:
    return tuple(_rule(source) for source in sources)


def _rule(source: dict[str, Any]) -> Rule:
    _require(source["type"] in CHECKS, f"unknown rule {source['type']}")
    return Rule(source["type"], source["field"], source["value"], source["message"], reference_compile(source["field"]))


def _window(source: dict[str, Any]) -> Window:
    days = frozenset(DAYS.index(day) for day in _list(source["days"]))
    begin, end = _number(source["from_minute"]), _number(source["until_minute"])
    return Window(source["id"], days, begin, end, zone_find(source["timezone"]), source["message"])


def zone_find(name: str) -> ZoneInfo | None:
    """Return the time zone, None when it is not known here."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not found, not a name, a folder
        return None


def _budget(source: dict[str, Any]) -> Budget:
    return Budget(
        source["id"],
        _number(source["limit"]),
        _number(source["seconds"]),
        _number_or_none(source["breaker_failures"]),
    )


def _mandate(source: dict[str, Any]) -> Mandate:
    return Mandate(
        source["id"],
        frozenset(_list(source["roles"])),
        _number_or_none(source["valid_from"]),
        _number_or_none(source["valid_until"]),
        _rules(source["limits"]),
    )


def _autonomy(name: str, rules: list[dict[str, Any]]) -> Autonomy | None:
    """Return the strictest rule of the operation."""
    found = [
        Autonomy(rule["id"], _number(rule["required_level"])) for rule in _list(rules) if rule["operation"] == name
    ]
    return max(found, key=lambda rule: rule.required_level, default=None)


def _approval(name: str, rules: list[dict[str, Any]], sod: list[dict[str, Any]]) -> ApprovalRule | None:
    found = _of(name, rules)
    _require(len(found) <= 1, f"{name}: more than one approval rule")
    if not found:
        return None
    source = found[0]
    stages = tuple(Stage(item["id"], tuple(_list(item["roles"])), _number(item["quorum"])) for item in source["stages"])
    _require(bool(stages) and all(stage.quorum >= 1 for stage in stages), f"{source['id']}: nobody has to vote")
    _require(len({stage.id for stage in stages}) == len(stages), f"{source['id']}: two stages of one name")
    step = f"APPROVAL:{source['id']}"
    return ApprovalRule(
        source["id"],
        stages,
        _number(source["expires_seconds"]),
        source["reason"] != "optional",
        next((rule["id"] for rule in _list(sod) if rule["step"] == step), ""),
    )


def _emergency(source: dict[str, Any]) -> Emergency:
    return Emergency(source["id"], frozenset(_list(source["roles"])), _number(source["review_seconds"]))


def _invariant(source: dict[str, Any]) -> Invariant:
    return Invariant(
        source["id"],
        expression_compile(source["when"]),
        expression_compile(source["assert"]),
        source["severity"],
        source["message"],
    )


def _require(is_so: bool, problem: str) -> None:
    if not is_so:
        raise PartError(problem)


def _list(value: Any) -> list[Any]:
    _require(isinstance(value, list), f"{value!r} is not a list")
    return list(value)


def _number(value: Any) -> int:
    _require(type(value) is int, f"{value!r} is not an integer")
    return int(value)


def _number_or_none(value: Any) -> int | None:
    return None if value is None else _number(value)
