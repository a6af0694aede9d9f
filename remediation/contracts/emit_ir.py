"""The intermediate representation: all that a contract says, in one text."""

import hashlib
from collections.abc import Mapping

from opsportal.core.canonical import Json
from remediation.contracts.contract import Contract
from remediation.contracts.emit_rules import param_emit
from remediation.contracts.names import GATE_ORDER, IR_VERSION


def ir_emit(contract: Contract, rules: Mapping[str, Json], source: str) -> Json:
    """Return the IR; ``source`` is the canonical text, so that formatting a contract changes nothing here."""
    system = contract.system
    department = system.domain.text
    return {
        "ir_version": IR_VERSION,
        "source_idl_version": system.version.text,
        "source_idl_sha256": hashlib.sha256(source.encode()).hexdigest(),
        "system": {
            "id": system.id.text,
            "name": system.name.text,
            "description": system.description.text,
            "version": system.version.text,
            "domain": department,
            "owner": system.owner.text,
            "contact": system.contact.text,
            "tenancy": system.tenancy,
        },
        "department": {
            "dept_id": department,
            "namespace": department,
            "tenancy": system.tenancy,
            "entrypoints": {
                "api_prefix": _prefix([end.path.text for end in contract.endpoints], "/"),
                "permission_prefix": _prefix([end.permission.text for end in contract.endpoints], "."),
                "event_prefix": department,
            },
        },
        "policy_context": [param_emit(field) for field in contract.policy_context],
        "actors": _actors(contract),
        "entities": _entities(contract),
        "approval_rules": _approval_rules(contract, rules),
        "invariants": rules["invariants.json"],
        "separation_of_duties": rules["sod.json"],
        "policies": rules["policies.json"],
        "mandates": rules["mandates.json"],
        "autonomy": rules["autonomy.json"],
        "workflows": rules["workflows.json"],
        "operations": rules["operations.json"],
        "runtime": {"safe_mode": "deny", "proof": "ledger", "gate_order": list(GATE_ORDER)},
    }


def _prefix(names: list[str], separator: str) -> str:
    """Return the parts that all names begin with."""
    parts = [name.split(separator) for name in names]
    common: list[str] = []
    for column in zip(*parts, strict=False):
        if len(set(column)) > 1:
            break
        common.append(column[0])
    return separator.join(common)


def _actors(contract: Contract) -> list[Json]:
    return [
        {
            "id": actor.id.text,
            "kind": actor.kind,
            "name": actor.name,
            "description": actor.description,
            "authentication": actor.authentication,
            "permissions": sorted(word.text for word in actor.permissions),
        }
        for actor in contract.actors
    ]


def _entities(contract: Contract) -> list[Json]:
    return [
        {
            "id": entity.id.text,
            "storage": {"tenant_field": entity.tenant_field, "version_field": entity.version_field},
            "fields": [
                param_emit(field) | {"unique": field.is_unique, "indexed": field.is_indexed} for field in entity.fields
            ],
        }
        for entity in contract.entities
    ]


def _approval_rules(contract: Contract, rules: Mapping[str, Json]) -> Json:
    """The rules with what only people need: why a quorum is smaller than it should be."""
    exceptions: list[Json] = [
        {"rule": rule.id.text, "why": rule.quorum_exception}
        for rule in contract.approval_rules
        if rule.quorum_exception
    ]
    return {"approvals": rules["approvals.json"], "quorum_exceptions": exceptions}
