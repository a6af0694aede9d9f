"""The same contract in Cedar: who may ask for which operation, within which limits.

Cedar knows two answers and no lists by length, floats or patterns. So a request is normalised: the number of items
and the longest item of a list come as numbers beside it, and only what both languages can say is compared.
"""

import json
from collections.abc import Mapping
from typing import Any

import cedarpy

from remediation.engine import Bundle, Snapshot
from remediation.engine.parts import Operation, Param

RESOURCE = 'Department::"desk"'


def policies_text(bundle: Bundle) -> str:
    """Return the Cedar policies of ``bundle``: one permit per role and operation with a mandate."""
    return "\n".join(
        _permit(role, operation)
        for operation in bundle.operations
        for role in sorted(operation.roles)
        if any(role in mandate.roles for mandate in operation.mandates)
    )


def entities_json(roles: Mapping[str, tuple[str, ...]]) -> str:
    """Return the entities of people, by id, who hold roles."""
    people = [
        {"uid": _uid("Person", name), "attrs": {}, "parents": [_uid("Role", role) for role in held]}
        for name, held in roles.items()
    ]
    held_roles = sorted({role for held in roles.values() for role in held})
    return json.dumps(people + [{"uid": _uid("Role", role), "attrs": {}, "parents": []} for role in held_roles])


def request_of(snapshot: Snapshot) -> dict[str, Any]:
    """Return the Cedar request that asks the same as ``snapshot``."""
    return {
        "principal": f'Person::"{snapshot.requester.id}"',
        "action": f'Action::"{snapshot.operation}"',
        "resource": RESOURCE,
        "context": _context(snapshot.params),
    }


def prepared(bundle: Bundle, roles: Mapping[str, tuple[str, ...]]) -> tuple[Any, Any]:
    """Return handles of the policies and the entities, parsed once."""
    return cedarpy.PolicySet.from_str(policies_text(bundle)), cedarpy.Entities.from_json_str(entities_json(roles))


def _uid(kind: str, name: str) -> dict[str, str]:
    return {"type": kind, "id": name}


def _context(params: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"names": sorted(params)}
    for name, value in params.items():
        found[f"p_{name}"] = value
        found[f"t_{name}"] = type(value).__name__
        found[f"n_{name}"] = len(value) if isinstance(value, list | str) else 0
        if isinstance(value, list):
            found[f"m_{name}"] = max((len(item) for item in value), default=0)
    return found


def _permit(role: str, operation: Operation) -> str:
    names = ", ".join(f'"{name}"' for name in operation.params)
    conditions = [f"[{names}].containsAll(context.names)"]
    conditions += [f'context.names.contains("{name}")' for name in sorted(operation.required)]
    conditions += [_fits(param) for param in operation.params.values()]
    conditions += [
        f"(context has n_{rule.field.removeprefix('params.')} && context.n_{rule.field.removeprefix('params.')} <= {rule.value})"
        for policy in operation.policies
        for rule in policy.rules
    ]
    head = f'principal in Role::"{role}", action == Action::"{operation.name}", resource == {RESOURCE}'
    return f"permit({head}) when {{ {' && '.join(conditions)} }};"


def _fits(param: Param) -> str:
    name, kind = param.name, {"int": "int", "bool": "bool"}.get(param.type, "str")
    parts = [f'context.t_{name} == "{"list" if param.is_list else kind}"']
    size = f"context.n_{name}" if param.is_list else f"context.p_{name}"
    if param.min is not None:
        parts.append(f"{size} >= {param.min}")
    if param.max is not None:
        parts.append(f"{size} <= {param.max}")
    if param.max_length is not None:
        parts.append(f"context.{'m' if param.is_list else 'n'}_{name} <= {param.max_length}")
    if param.values:
        values = ", ".join(f'"{value}"' for value in param.values)
        parts.append(f"[{values}].contains(context.p_{name})")
    return f"(!(context has p_{name}) || ({' && '.join(parts)}))"
