"""From a written expression to the EXPR of the artifacts, with its types checked on the way."""

from dataclasses import dataclass

from opsportal.core.canonical import Json
from remediation.contracts.contract import Contract, Endpoint, Entity, Field
from remediation.contracts.diagnostics import Problems
from remediation.contracts.reader import integer
from remediation.contracts.syntax import Call, Listing, Number, Operation, Text, Value, Word

# What a request has besides its parameters, with its types.
FACTS = {
    "at": "int",
    "institution": "text",
    "department": "text",
    "operation": "text",
    "target": "text",
    "has_reason": "bool",
    "autonomy_level": "int",
    "emergency": "text",
    "requester.id": "text",
    "requester.kind": "text",
    "requester.person": "text",
    "requester.roles": "list of text",
}
HISTORY = {"actors": "list of text", "count": "int", "last_actor": "text", "last_at": "int"}
_CONSTANTS: dict[str, tuple[Json, str]] = {
    "always": (True, "bool"),
    "true": (True, "bool"),
    "false": (["lit", False], "bool"),
    "null": (["lit", None], "null"),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression may refer to: the parameters of ``endpoint``, or the fields of a workflow's ``entity``."""

    contract: Contract
    endpoint: Endpoint | None
    entity: Entity | None = None


def condition_compile(value: Value, scope: Scope, problems: Problems) -> Json:
    """Return the EXPR of a condition; note what it refers to that is not there, and types that don't fit."""
    return _Compiler(scope, problems).condition(value)


def type_of(field: Field) -> str:
    """Return the type of a field as expressions see it."""
    base = field.type if field.type in {"int", "bool"} else "text"
    return f"list of {base}" if field.is_list else base


class _Compiler:
    def __init__(self, scope: Scope, problems: Problems) -> None:
        self.scope = scope
        self.problems = problems

    def condition(self, value: Value) -> Json:
        expression, kind = self.compile(value)
        if kind not in {"bool", "any"}:
            self.problems.add("TYPE_MISMATCH", value.place, f"a condition is true or false, this is {_said(kind)}")
        return expression

    def compile(self, value: Value) -> tuple[Json, str]:
        match value:
            case Word():
                return self.word(value)
            case Text(text=text):
                return ["lit", text], "text"
            case Number():
                return ["lit", integer(value, self.problems)], "int"
            case Listing():
                return self.listing(value)
            case Operation():
                return self.operation(value)
            case _:
                return self.call(value)

    def word(self, word: Word) -> tuple[Json, str]:
        if word.text in _CONSTANTS:
            return _CONSTANTS[word.text]
        head, _, rest = word.text.partition(".")
        path = f"requester.{rest}" if head == "actor" else word.text
        if path in FACTS:
            return ["ref", path], FACTS[path]
        if head == "policy":
            return self.constant(word, rest)
        request = self.scope.endpoint.request if self.scope.endpoint else None
        if request and head in {"params", request.text}:
            return self.parameter(word, self.scope.contract.entity(request), rest)
        if self.scope.entity and head == self.scope.entity.id.text and self.scope.entity.field(rest):
            return ["ref", word.text], "any"
        return self.unknown(word)

    def parameter(self, word: Word, entity: Entity | None, name: str) -> tuple[Json, str]:
        field = entity.field(name) if entity else None
        return (["ref", f"params.{name}"], type_of(field)) if field else self.unknown(word)

    def constant(self, word: Word, name: str) -> tuple[Json, str]:
        field = next((item for item in self.scope.contract.policy_context if item.name.text == name), None)
        if field is None:
            return self.unknown(word)
        if field.default is None:
            self.problems.add("REFERENCE_UNKNOWN", word.place, f"`{word.text}` has no default, so nothing fills it")
        return ["lit", field.default], type_of(field)

    def unknown(self, word: Word) -> tuple[Json, str]:
        of = f" of `{self.scope.endpoint.name.text}`" if self.scope.endpoint else ""
        known = f"params.…{of}, policy.…, {', '.join(FACTS)}"
        self.problems.add(
            "REFERENCE_UNKNOWN", word.place, f"`{word.text}` is not there; there are {known}; texts have quotes"
        )
        return ["lit", None], "any"

    def listing(self, listing: Listing) -> tuple[Json, str]:
        items = [self.compile(item) for item in listing.items]
        literals = [item[1] for item, _ in items if isinstance(item, list) and item[0] == "lit"]
        kinds = {kind for _, kind in items}
        if len(literals) < len(items) or len(kinds) > 1:
            self.problems.add("TYPE_MISMATCH", listing.place, "a list in an expression holds texts, or whole numbers")
            return ["lit", []], "any"
        return ["lit", literals], f"list of {kinds.pop()}" if kinds else "any"

    def operation(self, value: Operation) -> tuple[Json, str]:
        if value.operator in {"and", "or", "not"}:
            return [value.operator, *(self.condition(part) for part in value.parts)], "bool"
        (left, left_kind), (right, right_kind) = (self.compile(part) for part in value.parts)
        if not _fits(value.operator, left_kind, right_kind):
            message = f"`{value.operator}` does not go between {_said(left_kind)} and {_said(right_kind)}"
            self.problems.add("TYPE_MISMATCH", value.place, message)
        return [value.operator, left, right], "bool"

    def call(self, value: Value) -> tuple[Json, str]:
        if isinstance(value, Call) and self.scope.entity and value.word.text == "history":
            step = value.arguments[0] if len(value.arguments) == 1 else None
            if isinstance(step, Word) and value.attribute in HISTORY:
                return ["history", step.text, value.attribute], HISTORY[value.attribute]
        message = f"only a workflow's guard has a call, and only history(step).{'|'.join(HISTORY)}"
        self.problems.add("REFERENCE_UNKNOWN", value.place, message)
        return ["lit", None], "any"


def _fits(operator: str, left: str, right: str) -> bool:
    if "any" in {left, right}:
        return True
    if operator == "in":
        return right == f"list of {left}"
    if operator in {"==", "!="}:
        return left == right or "null" in {left, right}
    return left == right and left in {"int", "text"}


def _said(kind: str) -> str:
    return {"bool": "a truth", "int": "a number", "null": "nothing", "any": "something"}.get(kind, f"a {kind}")
