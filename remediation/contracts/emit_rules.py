"""The artifacts that the engine reads, as docs/governance.md describes them."""

from collections.abc import Sequence

from opsportal.core.canonical import Json
from remediation.contracts.contract import STEP, Contract, Endpoint, Field, Rule, Transition, Words
from remediation.contracts.diagnostics import Problems
from remediation.contracts.expressions import Scope, condition_compile
from remediation.contracts.reader import integer
from remediation.contracts.syntax import Call, Number, Text, Value, Word


def rules_emit(contract: Contract) -> dict[str, Json]:
    """Return the nine artifacts of rules by file name, for a contract that was checked."""
    return {
        "operations.json": {
            "contract": f"{contract.system.domain.text}@v{contract.system.version.text}",
            "department": contract.system.domain.text,
            "operations": [_operation(end, contract) for end in contract.endpoints],
        },
        "rbac.json": {
            "actors": [
                {"id": actor.id.text, "kind": actor.kind, "permissions": sorted(_texts(actor.permissions))}
                for actor in contract.actors
            ]
        },
        "policies.json": _policies(contract),
        "mandates.json": {"mandates": _mandates(contract)},
        "autonomy.json": {
            "current_level": contract.current_level,
            "rules": [
                {"id": f"{rule.id.text}:{name}", "operation": name, "required_level": rule.required_level}
                for rule in contract.autonomy
                for name in _texts(rule.operations)
            ],
        },
        "approvals.json": _approvals(contract),
        "sod.json": {"rules": _duties(contract)},
        "invariants.json": {"invariants": _invariants(contract)},
        "workflows.json": {"workflows": _workflows(contract)},
    }


def _texts(words: Words) -> list[str]:
    return [word.text for word in words]


def _operation(end: Endpoint, contract: Contract) -> Json:
    entity = contract.entity(end.request)
    return {
        "name": end.name.text,
        "endpoint": end.signature,
        "permission": end.permission.text,
        "kind": end.kind,
        "risk": end.risk,
        "dry_run": end.dry_run,
        "reversible": end.is_reversible,
        "idempotency": end.idempotency,
        "reason": end.reason,
        "scope": end.scope,
        "title": end.title,
        "params": [param_emit(field) for field in entity.fields] if entity else [],
        "errors": list(end.errors),
    }


def param_emit(field: Field) -> dict[str, Json]:
    """Return a field as the declaration of a parameter."""
    return {
        "name": field.name.text,
        "type": field.type,
        "list": field.is_list,
        "required": field.is_required,
        "default": field.default,
        "min": field.min,
        "max": field.max,
        "max_length": field.max_length,
        "values": list(field.values),
        "matches": field.matches,
    }


def _rules(rules: Sequence[Rule]) -> list[Json]:
    return [
        {"type": rule.type, "field": rule.field.text, "value": rule.value, "message": rule.message} for rule in rules
    ]


def _policies(contract: Contract) -> Json:
    return {
        "policies": [
            {"id": policy.id.text, "operations": _texts(policy.operations), "rules": _rules(policy.rules)}
            for policy in contract.policies
        ],
        "windows": [
            {
                "id": window.id.text,
                "operations": _texts(window.operations),
                "days": list(window.days),
                "from_minute": window.since,
                "until_minute": window.until,
                "timezone": window.timezone,
                "message": window.message,
            }
            for window in contract.windows
        ],
        "budgets": [
            {
                "id": budget.id.text,
                "operations": _texts(budget.operations),
                "limit": budget.limit,
                "seconds": budget.seconds,
                "breaker_failures": budget.breaker,
            }
            for budget in contract.budgets
        ],
    }


def _mandates(contract: Contract) -> list[Json]:
    return [
        {
            "id": mandate.id.text,
            "operations": _texts(mandate.operations),
            "roles": _texts(mandate.roles),
            "valid_from": mandate.valid_from,
            "valid_until": mandate.valid_until,
            "limits": _rules(mandate.limits),
        }
        for mandate in contract.mandates
    ]


def _approvals(contract: Contract) -> Json:
    return {
        "rules": [
            {
                "id": rule.id.text,
                "operations": list(contract.operations_of(rule)),
                "stages": [
                    {"id": stage.id.text, "roles": _texts(stage.roles), "quorum": stage.quorum} for stage in rule.stages
                ],
                "expires_seconds": rule.expires_seconds,
                "reason": rule.reason,
            }
            for rule in contract.approval_rules
        ],
        "emergencies": [
            {
                "id": clause.id.text,
                "operations": _texts(clause.operations),
                "roles": _texts(clause.roles),
                "review_seconds": clause.review_seconds,
            }
            for clause in contract.emergencies
        ],
    }


def _duties(contract: Contract) -> list[Json]:
    return [
        {
            "id": duty.id.text if duty.step else f"{duty.id.text}:{rule}",
            "step": f"{STEP}{rule}",
            "constraint": "REQUESTER_NEQ_DECIDER",
        }
        for duty in contract.duties
        for rule in contract.rules_of(duty)
    ]


def _invariants(contract: Contract) -> list[Json]:
    problems = Problems()  # they were noted when the contract was checked
    return [
        {
            "id": invariant.id.text,
            "applies_to": end.name.text,
            "when": condition_compile(invariant.when, Scope(contract, end), problems),
            "assert": condition_compile(invariant.assertion, Scope(contract, end), problems),
            "severity": invariant.severity,
            "message": invariant.message,
        }
        for invariant in contract.invariants
        for end in contract.targets_of(invariant)
    ]


def _workflows(contract: Contract) -> list[Json]:
    return [
        {
            "id": workflow.id.text,
            "entity": workflow.entity.text,
            "states": [
                {"id": state.id.text, "initial": state.is_initial, "terminal": state.is_terminal}
                for state in workflow.states
            ],
            "transitions": [
                _transition(move, Scope(contract, None, contract.entity(workflow.entity)))
                for move in workflow.transitions
            ],
        }
        for workflow in contract.workflows
    ]


def _transition(move: Transition, scope: Scope) -> Json:
    return {
        "id": move.id.text,
        "from": move.source.text,
        "to": move.target.text,
        "guard": True if move.guard is None else condition_compile(move.guard, scope, Problems()),
        "approvals": {
            "quorum": move.quorum,
            "roles": _texts(move.roles),
            "distinct_actors": move.distinct_actors,
            "expires_seconds": move.expires_seconds,
        },
        "effects": [_effect(effect) for effect in move.effects],
    }


def _effect(effect: Value) -> Json:
    if not isinstance(effect, Call):
        return []
    return [effect.word.text, *(_argument(argument) for argument in effect.arguments)]


def _argument(argument: Value) -> Json:
    if isinstance(argument, Number):
        return integer(argument, Problems())
    return argument.text if isinstance(argument, Text | Word) else None
