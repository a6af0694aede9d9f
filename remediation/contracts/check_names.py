"""Names that stand twice, and names that lead nowhere."""

from collections.abc import Iterable

from remediation.contracts.contract import STEP, Contract, Entity, Field, Rule, Words, Workflow
from remediation.contracts.diagnostics import Problems
from remediation.contracts.expressions import Scope, condition_compile, type_of
from remediation.contracts.read_entities import PARAM_TYPES
from remediation.contracts.syntax import Word


def names_check(contract: Contract, problems: Problems) -> None:
    """Note every name that is there twice or leads nowhere, and every expression that does not fit."""
    _doubles_check(contract, problems)
    _operations_check(contract, problems)
    _roles_check(contract, problems)
    _endpoints_check(contract, problems)
    _duties_check(contract, problems)
    for workflow in contract.workflows:
        _workflow_check(workflow, contract, problems)
    _expressions_check(contract, problems)
    for operations, rule in _rules(contract):
        _rule_check(operations, rule, contract, problems)


def _once(kind: str, words: Iterable[Word], problems: Problems) -> None:
    seen: dict[str, Word] = {}
    for word in words:
        first = seen.setdefault(word.text, word)
        if first is not word and word.text:
            message = f"the {kind} `{word.text}` is already in line {first.place.line}"
            problems.add("NAME_TWICE", word.place, message)


def _doubles_check(contract: Contract, problems: Problems) -> None:
    kinds: dict[str, Iterable[Word]] = {
        "actor": (item.id for item in contract.actors),
        "entity": (item.id for item in contract.entities),
        "invariant": (item.id for item in contract.invariants),
        "approval rule": (item.id for item in contract.approval_rules),
        "rule of separation": (item.id for item in contract.duties),
        "workflow": (item.id for item in contract.workflows),
        "policy": (item.id for item in contract.policies),
        "mandate": (item.id for item in contract.mandates),
        "autonomy rule": (item.id for item in contract.autonomy),
        "window": (item.id for item in contract.windows),
        "budget": (item.id for item in contract.budgets),
        "emergency clause": (item.id for item in contract.emergencies),
    }
    for kind, words in kinds.items():
        _once(kind, words, problems)
    _once("operation", (end.name for end in contract.endpoints), problems)
    _once("endpoint", (Word(end.signature, end.path.place) for end in contract.endpoints), problems)
    _once("field", (field.name for field in contract.policy_context), problems)
    for entity in contract.entities:
        _once("field", (field.name for field in entity.fields), problems)
    for rule in contract.approval_rules:
        _once("stage", (stage.id for stage in rule.stages), problems)


def _operations_check(contract: Contract, problems: Problems) -> None:
    known = {end.name.text for end in contract.endpoints}
    for word in (word for group in contract.covering for word in group.operations):
        if word.text not in known:
            problems.add("OPERATION_UNKNOWN", word.place, f"there is no operation `{word.text}`")
    for rule in contract.approval_rules:
        if rule.trigger and rule.trigger.text not in contract.by_signature:
            problems.add(
                "OPERATION_UNKNOWN", rule.trigger.place, f"no operation has the endpoint `{rule.trigger.text}`"
            )
    for invariant in contract.invariants:
        if not contract.targets_of(invariant) and invariant.applies_to.text:
            message = f"`{invariant.applies_to.text}` is no operation and no operation's request"
            problems.add("OPERATION_UNKNOWN", invariant.applies_to.place, message)


def _roles_check(contract: Contract, problems: Problems) -> None:
    known = {actor.id.text for actor in contract.actors}
    for word in (word for group in (*contract.deciding, *contract.mandates) for word in group.roles):
        if word.text not in known:
            problems.add("ROLE_UNKNOWN", word.place, f"there is no actor `{word.text}`")
    permissions = {end.permission.text for end in contract.endpoints}
    for word in (word for actor in contract.actors for word in actor.permissions):
        if word.text not in permissions:
            problems.add("PERMISSION_UNKNOWN", word.place, f"no operation asks for the permission `{word.text}`")


def _endpoints_check(contract: Contract, problems: Problems) -> None:
    for end in contract.endpoints:
        for word in (end.request, end.response):
            if word and not contract.entity(word):
                problems.add("ENTITY_UNKNOWN", word.place, f"there is no entity `{word.text}`")
        for field in _fields(contract.entity(end.request)):
            if field.type not in PARAM_TYPES:
                message = f"`{field.name.text}` is a parameter of `{end.name.text}` and cannot be a {field.type}"
                problems.add("FIELD_WRONG", field.name.place, message)


def _fields(entity: Entity | None) -> Iterable[Field]:
    return entity.fields if entity else ()


def _duties_check(contract: Contract, problems: Problems) -> None:
    known = {rule.id.text for rule in contract.approval_rules}
    for duty in contract.duties:
        if duty.entity and not contract.entity(duty.entity):
            problems.add("ENTITY_UNKNOWN", duty.entity.place, f"there is no entity `{duty.entity.text}`")
        elif duty.entity and not contract.rules_of(duty):
            message = f"no approval rule covers an operation that carries `{duty.entity.text}`"
            problems.add("RULE_UNKNOWN", duty.entity.place, message)
        elif duty.step and not (duty.step.text.startswith(STEP) and contract.rules_of(duty)[0] in known):
            message = f"`{duty.step.text}` is not `{STEP}` and the name of an approval rule"
            problems.add("RULE_UNKNOWN", duty.step.place, message)


def _workflow_check(workflow: Workflow, contract: Contract, problems: Problems) -> None:
    entity = contract.entity(workflow.entity)
    if entity is None:
        problems.add("ENTITY_UNKNOWN", workflow.entity.place, f"there is no entity `{workflow.entity.text}`")
    _once("state", (state.id for state in workflow.states), problems)
    _once("transition", (move.id for move in workflow.transitions), problems)
    states = {state.id.text for state in workflow.states}
    if sum(state.is_initial for state in workflow.states) != 1:
        problems.add("STATE_UNKNOWN", workflow.id.place, f"`{workflow.id.text}` has not exactly one initial state")
    for move in workflow.transitions:
        for word in (move.source, move.target):
            if word.text not in states:
                problems.add("STATE_UNKNOWN", word.place, f"`{workflow.id.text}` has no state `{word.text}`")
        if move.guard is not None and entity is not None:
            condition_compile(move.guard, Scope(contract, None, entity), problems)


def _expressions_check(contract: Contract, problems: Problems) -> None:
    for invariant in contract.invariants:
        for end in contract.targets_of(invariant):
            for value in (invariant.when, invariant.assertion):
                condition_compile(value, Scope(contract, end), problems)


def _rules(contract: Contract) -> Iterable[tuple[Words, Rule]]:
    yield from ((policy.operations, rule) for policy in contract.policies for rule in policy.rules)
    yield from ((mandate.operations, rule) for mandate in contract.mandates for rule in mandate.limits)


def _rule_check(operations: Words, rule: Rule, contract: Contract, problems: Problems) -> None:
    head, _, name = rule.field.text.partition(".")
    for end in (contract.endpoint(word.text) for word in operations):
        entity = contract.entity(end.request) if end else None
        field = entity.field(name) if entity and head == "params" else None
        if end and field is None:
            message = f"`{end.name.text}` has no `{rule.field.text}`; a field is written params.<name>"
            problems.add("REFERENCE_UNKNOWN", rule.field.place, message)
        elif end and field and not _rule_fits(rule, type_of(field)):
            message = f"`{rule.field.text}` of `{end.name.text}` is a {type_of(field)}: {rule.type} does not fit"
            problems.add("TYPE_MISMATCH", rule.field.place, message)


def _rule_fits(rule: Rule, kind: str) -> bool:
    match rule.type:
        case "numeric_max" | "numeric_min":
            return kind == "int" or kind.startswith("list of")
        case "string_max_len":
            return kind.endswith("text")
        case "enum_allowlist" if isinstance(rule.value, list):
            return kind.endswith("text" if isinstance(rule.value[0], str) else "int")
        case _:
            return True
