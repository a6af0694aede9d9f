"""Say in words what a JSON Schema found, one sentence per mistake, at the place where it was made."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jsonschema.exceptions import ValidationError

from scenarios.registry.document import Path
from scenarios.registry.schema import ID, SLUG

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}


_LIMITS: Mapping[str, str] = {
    "maxLength": "must not be longer than {} characters",
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "exclusiveMinimum": "must be more than {}",
    "exclusiveMaximum": "must be less than {}",
    "maxItems": "must not have more than {} items",
    "maxProperties": "must not have more than {} keys",
    "const": "must be {}",
}
_PATTERNS: Mapping[str, str] = {
    ID: "must be lower-case words joined by single . _ or -",
    SLUG: "must be lower-case words joined by single -",
}


def explained(errors: Iterable[ValidationError]) -> list[tuple[Path, str]]:
    """Return (path, sentence) once for every mistake. Sentences never quote values, which may be secrets."""
    return list(dict.fromkeys(found for error in errors for found in _found(error)))


def _found(error: ValidationError) -> Iterator[tuple[Path, str]]:
    path: Path = tuple(error.absolute_path)
    schema, instance, rule_value = _parts(error)
    if error.validator == "additionalProperties" and rule_value is False:
        known = schema.get("properties", {})
        for key in instance:
            if key not in known:
                yield (*path, key), f"unknown key; known are {', '.join(known) or 'none'}"
    elif error.validator == "required":
        for key in rule_value:
            if key not in instance:
                yield path, f"{key} is missing"
    elif error.validator == "anyOf" and (
        first := [below for below in error.context or () if below.schema_path[0] == 0]
    ):
        for below in first:
            yield from _found(below)
    else:
        yield path, _sentence(error)


def _parts(error: ValidationError) -> tuple[Any, Any, Any]:
    """The schema, the value and the rule: what they hold follows from the rule's name, which types cannot say."""
    return error.schema, error.instance, error.validator_value


def _sentence(error: ValidationError) -> str:
    rule = str(error.validator)
    *_, value = _parts(error)
    if rule == "type":
        kinds = [value] if isinstance(value, str) else value
        return f"must be {' or '.join(_TYPES[kind] for kind in kinds)}"
    if rule == "enum":
        return f"must be one of {', '.join(str(item) for item in value)}"
    if rule == "pattern":
        return _PATTERNS.get(value, f"must match {value}")
    if rule in {"minLength", "minItems", "minProperties"}:
        return "must not be empty" if value == 1 else f"must have at least {value}"
    if rule == "uniqueItems":
        return "must not hold the same item twice"
    return _LIMITS.get(rule, f"does not fit the rule {rule} {{}}").format(value)
