"""The endpoints that a contract names, as an OpenAPI description."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from opsportal.core.canonical import Json
from remediation.contracts.contract import Contract, Endpoint, Field

_TYPES = {"int": "integer", "bool": "boolean"}
_FORMATS = {"uuid": "uuid", "datetime": "date-time"}


def openapi_emit(contract: Contract) -> str:
    """Return the description as YAML, the same bytes for the same contract."""
    paths: dict[str, dict[str, Json]] = {}
    for end in contract.endpoints:
        paths.setdefault(end.path.text, {})[end.method.lower()] = _call(end, contract)
    description: Json = {
        "openapi": "3.0.3",
        "info": {
            "title": contract.system.name.text,
            "version": contract.system.version.text,
            "description": contract.system.description.text,
        },
        "paths": paths,
    }
    return "".join(f"{line}\n" for line in _yaml(description))


def _call(end: Endpoint, contract: Contract) -> Json:
    entity = contract.entity(end.request)
    in_path = set(re.findall(r"\{(\w+)\}", end.path.text))
    fields = entity.fields if entity else ()
    body = [field for field in fields if field.name.text not in in_path]
    call: dict[str, Json] = {
        "operationId": end.name.text,
        "summary": end.title,
        "x-permission": end.permission.text,
        "x-risk": end.risk,
        "responses": {"default": {"description": "The decision, and the job that came of it."}},
    }
    if in_path:
        call["parameters"] = [
            {"name": field.name.text, "in": "path", "required": True, "schema": _schema(field)}
            for field in fields
            if field.name.text in in_path
        ]
    if body and end.method != "GET":
        call["requestBody"] = {"content": {"application/json": {"schema": _object(body)}}}
    return call


def _object(fields: Sequence[Field]) -> Json:
    schema: dict[str, Json] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {field.name.text: _schema(field) for field in fields},
    }
    required = [field.name.text for field in fields if field.is_required]
    return schema | {"required": required} if required else schema


def _schema(field: Field) -> dict[str, Json]:
    item: dict[str, Json] = {"type": _TYPES.get(field.type, "string")}
    if field.type in _FORMATS:
        item["format"] = _FORMATS[field.type]
    if field.max_length is not None:
        item["maxLength"] = field.max_length
    if field.values:
        item["enum"] = list(field.values)
    if field.matches:
        item["pattern"] = f"^(?:{field.matches})$"
    if not field.is_list:
        return item | _bounds(field, "minimum", "maximum") | _default(field)
    array: dict[str, Json] = {"type": "array", "items": item}
    return array | _bounds(field, "minItems", "maxItems") | _default(field)


def _bounds(field: Field, low: str, high: str) -> dict[str, Json]:
    bounds = {low: field.min, high: field.max}
    return {name: bound for name, bound in bounds.items() if bound is not None}


def _default(field: Field) -> dict[str, Json]:
    return {} if field.default is None else {"default": field.default}


def _yaml(value: Json, depth: int = 0) -> Iterator[str]:
    """Yield block YAML with every scalar and key in JSON, which is YAML too: no library's taste in line breaks."""
    indent = "  " * depth
    pairs = value.items() if isinstance(value, Mapping) else [(None, item) for item in _items(value)]
    for key, item in pairs:
        head = f"{indent}-" if key is None else f"{indent}{json.dumps(key)}:"
        if isinstance(item, Mapping | list | tuple) and item:
            yield head
            yield from _yaml(item, depth + 1)
        else:
            yield f"{head} {json.dumps(item, ensure_ascii=False)}"


def _items(value: Json) -> Sequence[Json]:
    return value if isinstance(value, list | tuple) else ()
