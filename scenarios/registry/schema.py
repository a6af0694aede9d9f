"""The published form of a registry file: JSON Schema, put together from what the probes say of themselves.

``scenarios/registry.schema.json`` is this, written down, for editors and for people.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from agents.models import Severity
from agents.roster import roster
from scenarios.models import ProbeState
from scenarios.probes.base import JsonSchema, Measure, Probe
from scenarios.probes.conditions import OPERATORS
from scenarios.probes.kinds import probe_kinds

ID = r"^[a-z0-9]+([._-][a-z0-9]+)*$"
SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
PLACEHOLDER = r"\$\{(secret:)?[A-Z][A-Z0-9_]*\??\}"
OTHERWISE = (ProbeState.DOWN, ProbeState.DEGRADED, ProbeState.UNKNOWN)


def _object(properties: Mapping[str, Any], *, optional: tuple[str, ...] = (), about: str = "") -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    described = {"description": about} if about else {}
    return described | {
        "type": "object",
        "properties": dict(properties),
        "required": required,
        "additionalProperties": False,
    }


def _text(longest: int, **more: Any) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": longest} | more


def _words(longest: int, about: str) -> dict[str, Any]:
    return _object({"en": _text(longest), "pt-br": _text(longest)}, about=about)


def _count(default: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": 1, "maximum": 100, "default": default}


def _severity() -> dict[str, Any]:
    return {"enum": [str(severity) for severity in Severity]}


def _condition() -> dict[str, Any]:
    return _object(
        {
            "measure": _text(300),
            "op": {"enum": sorted(OPERATORS)},
            "value": {"description": "What the measure is compared with."},
            "otherwise": {
                "enum": [str(state) for state in OTHERWISE],
                "default": "down",
                "description": "The state when the condition does not hold.",
            },
        },
        optional=("otherwise",),
    )


def _check() -> dict[str, Any]:
    return _object(
        {
            "name": _text(40, pattern=ID),
            "kind": {"enum": sorted(probe_kinds())},
            "timeout_seconds": {"type": "number", "exclusiveMinimum": 0, "maximum": 60, "default": 10},
            "severity": _severity() | {"description": "When it differs from the scenario's."},
            "each": _text(
                1000, description="Items with commas between: one check for each, in which ${EACH} is the item."
            ),
            "with": {"type": "object", "description": "What the probe needs to know; see the kind."},
            "conditions": {"type": "array", "items": _condition(), "maxItems": 50},
        },
        optional=("timeout_seconds", "severity", "each", "with", "conditions"),
    )


def _scenario() -> dict[str, Any]:
    return _object(
        {
            "id": _text(80, pattern=ID),
            "title": _words(160, "What is watched, in a few words."),
            "owner": {"enum": [agent.id for agent in roster()], "description": "The agent whose inbox it goes to."},
            "severity": _severity(),
            "interval_seconds": {"type": "integer", "minimum": 5, "maximum": 86_400},
            "down_after": _count(2) | {"description": "Failing looks in a row before it is a finding."},
            "up_after": _count(2) | {"description": "Good looks in a row before a finding is resolved."},
            "depends_on": {"type": "array", "items": _text(80, pattern=ID), "uniqueItems": True, "maxItems": 20},
            "institution": _text(40, pattern=SLUG) | {"default": "home"},
            "checks": {"type": "array", "items": _check(), "minItems": 1, "maxItems": 50},
            "human_action": _words(2000, "What to do, in a few sentences; may hold {measured} {expected} {since}."),
            "runbook": _text(20_000, description="Markdown, for the person on call."),
        },
        optional=("interval_seconds", "down_after", "up_after", "depends_on", "institution"),
    )


def _file(scenario: Mapping[str, Any]) -> dict[str, Any]:
    return _object(
        {"version": {"const": 1}, "scenarios": {"type": "array", "items": dict(scenario), "maxItems": 10_000}}
    )


@cache
def file_validator() -> Draft202012Validator:
    """Return what checks the form of a file, except for what the kind of a check decides."""
    return Draft202012Validator(_file(_scenario()))


@cache
def params_validator(kind: str, *, filled: bool) -> Draft202012Validator:
    """Return what checks the parameters of ``kind``: as they are written, or ``filled`` from the configuration."""
    schema = probe_kinds()[kind].SCHEMA
    return Draft202012Validator(schema if filled else loosened(schema))


def loosened(schema: Any) -> Any:
    """Return ``schema`` with a placeholder allowed in the place of every single value."""
    if isinstance(schema, list):
        return [loosened(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    if _is_single_value(schema):
        return {"anyOf": [dict(schema), {"type": "string", "pattern": PLACEHOLDER}]}
    return {
        key: {name: loosened(below) for name, below in value.items()} if key == "properties" else loosened(value)
        for key, value in schema.items()
    }


def _is_single_value(schema: Mapping[str, Any]) -> bool:
    kinds = schema.get("type", ())
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    return bool(kinds & {"string", "integer", "number", "boolean"}) or "enum" in schema or "const" in schema


def _measure_schema(measures: tuple[Measure, ...]) -> dict[str, Any]:
    plain = [measure.name for measure in measures if not measure.name.endswith(":")]
    prefixed = [
        {"type": "string", "pattern": f"^{measure.name}."} for measure in measures if measure.name.endswith(":")
    ]
    return {"anyOf": [{"enum": plain}, *prefixed]}


def _kind_rule(kind: str, probe: Probe) -> dict[str, Any]:
    params = loosened(probe.SCHEMA)
    needs = ["with"] if probe.SCHEMA.get("required") else []
    conditions = {"items": {"properties": {"measure": _measure_schema(probe.MEASURES)}}}
    return {
        "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
        "then": {"properties": {"with": params, "conditions": conditions}, "required": needs},
    }


def registry_schema() -> JsonSchema:
    """Return the whole form of a registry file, with the rules of every kind of probe."""
    scenario = _scenario()
    scenario["properties"]["checks"]["items"]["allOf"] = [_kind_rule(*pair) for pair in probe_kinds().items()]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://opsportal.invalid/registry.schema.json",
        "title": "opsportal registry",
    } | _file(scenario)
