"""A small contract as artifacts, and requests to it that are all right until a test spoils them."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from opsportal.core.canonical import canonical_text
from remediation.engine import (
    GATE_ORDER,
    Bundle,
    DryRun,
    Party,
    SealedPlan,
    Snapshot,
    Vote,
    bundle_load,
    plan_seal,
)

NOW = 1_796_000_000  # Monday, 2026-11-30 00:53:20 UTC
EXPIRES = NOW + 3600
INSTITUTION = "11111111-1111-4111-8111-111111111111"
PROPOSAL = "22222222-2222-4222-8222-222222222222"
TARGET = "33333333-3333-4333-8333-333333333333"
PLAN = "ab" * 32
Artifacts = dict[str, Any]


def param(name: str, kind: str = "text", **changes: Any) -> dict[str, Any]:
    """Return a PARAM that allows everything of its type."""
    return {
        "name": name,
        "type": kind,
        "list": False,
        "required": False,
        "default": None,
        "min": None,
        "max": None,
        "max_length": None,
        "values": [],
        "matches": "",
    } | changes


def operation(name: str, risk: str = "R0", **changes: Any) -> dict[str, Any]:
    """Return an OPERATION whose permission has its name."""
    return {
        "name": name,
        "endpoint": f"POST /desk/jobs/{name.replace('.', '/')}",
        "permission": name,
        "kind": "job.request",
        "risk": risk,
        "dry_run": "none",
        "reversible": True,
        "idempotency": "none",
        "reason": "optional",
        "scope": "department",
        "title": name,
        "params": [],
        "errors": [],
    } | changes


def rule(kind: str, field: str, value: Any, message: str = "") -> dict[str, Any]:
    """Return a RULE."""
    return {"type": kind, "field": field, "value": value, "message": message}


PATHS = param("paths", list=True, required=True, min=1, max=20, max_length=64, matches=r"[^/\x00][^\x00]*")
OPERATIONS = [
    operation("files.list", params=[param("path", default=".", max_length=64), param("limit", "int", min=1, max=50)]),
    operation("files.tidy", "R1", params=[param("mode", "string", values=["soft", "hard"]), param("force", "bool")]),
    operation("files.move", "R2", dry_run="required", params=[PATHS, param("target", required=True)]),
    operation("files.delete", "R3", dry_run="required", reason="required", params=[PATHS]),
    operation("files.wipe", "R3", params=[PATHS]),
]
NAMES = [one["name"] for one in OPERATIONS]
CHANGING = ["files.move", "files.delete"]


def contract() -> Artifacts:
    """Return the artifacts as values, to be changed and given to ``texts``."""
    return {
        "operations.json": {"contract": "desk@v1.0.0", "department": "desk", "operations": OPERATIONS},
        "rbac.json": {
            "actors": [
                {"id": "owner", "kind": "human", "permissions": NAMES},
                {"id": "clerk", "kind": "human", "permissions": ["files.list", "files.tidy"]},
                {"id": "helper", "kind": "system", "permissions": ["files.list", "files.tidy", "files.move"]},
            ]
        },
        "policies.json": {
            "policies": [
                {
                    "id": "small",
                    "operations": CHANGING,
                    "rules": [rule("numeric_max", "params.paths", 10, "At most 10 paths at once: split the request.")],
                }
            ],
            "windows": [
                {
                    "id": "night",
                    "operations": ["files.delete"],
                    "days": ["fri"],
                    "from_minute": 1320,
                    "until_minute": 360,
                    "timezone": "America/Sao_Paulo",
                    "message": "Nothing is deleted on a Friday night: wait for the morning.",
                }
            ],
            "budgets": [
                {"id": "changes", "operations": CHANGING, "limit": 3, "seconds": 3600, "breaker_failures": 2},
            ],
        },
        "mandates.json": {
            "mandates": [
                mandate("look", ["files.list", "files.tidy"], ["owner", "clerk", "helper"]),
                mandate("change", [*CHANGING, "files.wipe"], ["owner", "helper"]),
            ]
        },
        "autonomy.json": {
            "current_level": 1,
            "rules": [
                {"id": "agents_look", "operation": "files.list", "required_level": 0},
                {"id": "agents_tidy", "operation": "files.tidy", "required_level": 1},
                {"id": "agents_move", "operation": "files.move", "required_level": 2},
            ],
        },
        "approvals.json": {
            "rules": [
                approval("moves", ["files.move"], [{"id": "decide", "roles": ["owner", "clerk"], "quorum": 1}]),
                approval(
                    "deletions",
                    ["files.delete"],
                    [
                        {"id": "check", "roles": ["clerk", "owner"], "quorum": 2},
                        {"id": "decide", "roles": ["owner"], "quorum": 1},
                    ],
                    reason="required",
                ),
            ],
            "emergencies": [
                {"id": "disk_full", "operations": ["files.delete"], "roles": ["owner"], "review_seconds": 60}
            ],
        },
        "sod.json": {
            "rules": [
                {"id": "two_move", "step": "APPROVAL:moves", "constraint": "REQUESTER_NEQ_DECIDER"},
                {"id": "two_delete", "step": "APPROVAL:deletions", "constraint": "REQUESTER_NEQ_DECIDER"},
            ]
        },
        "invariants.json": {
            "invariants": [
                {
                    "id": "root_stays",
                    "applies_to": "files.delete",
                    "when": True,
                    "assert": ["not", ["in", ["lit", "."], ["ref", "params.paths"]]],
                    "severity": "critical",
                    "message": "The root folder is never deleted: leave it out.",
                }
            ]
        },
        "workflows.json": {"workflows": []},
    }


def mandate(name: str, operations: list[str], roles: list[str], **changes: Any) -> dict[str, Any]:
    """Return a mandate without limits, for ever."""
    plain: dict[str, Any] = {"valid_from": None, "valid_until": None, "limits": []}
    return {"id": name, "operations": operations, "roles": roles} | plain | changes


def approval(name: str, operations: list[str], stages: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """Return an approval rule of an hour."""
    return {
        "id": name,
        "operations": operations,
        "stages": stages,
        "expires_seconds": 3600,
        "reason": "optional",
    } | changes


def texts(artifacts: Mapping[str, Any], **manifest: Any) -> dict[str, str]:
    """Return the artifacts as canonical texts, with their manifest."""
    found = {name: canonical_text(value) for name, value in artifacts.items()}
    entries = [
        {"file": name, "required": True, "sha256": hashlib.sha256(text.encode()).hexdigest()}
        for name, text in found.items()
    ]
    head = {"contracts": entries, "name": "desk", "version": "1.0.0", "description": "", "gate_order": GATE_ORDER}
    return found | {"bundle.manifest.json": canonical_text(head | manifest)}


def bundle_of(artifacts: Artifacts) -> Bundle:
    """Return the loaded bundle."""
    return bundle_load(texts(artifacts))


BUNDLE = bundle_of(contract())
ANA = Party("human", "user:ana", "ana", ("owner",))
BO = Party("human", "user:bo", "bo", ("clerk",))
CLEO = Party("human", "user:cleo", "cleo", ("owner",))
DIA = Party("human", "user:dia", "dia", ("owner", "clerk"))
ROBOT = Party("agent", "agent:a1", "ana", ("helper",))
PARTIES = (ANA, BO, CLEO, DIA, ROBOT)


def asking(name: str = "files.list", **changes: Any) -> Snapshot:
    """Return a snapshot of Ana asking for ``name`` with parameters that fit, on a day without trouble."""
    params: dict[str, dict[str, Any]] = {
        "files.list": {"path": "."},
        "files.tidy": {"mode": "soft"},
        "files.move": {"paths": ["a"], "target": "b"},
        "files.delete": {"paths": ["a"]},
        "files.wipe": {"paths": ["a"]},
    }
    plain = Snapshot(
        at=NOW,
        institution=INSTITUTION,
        department="desk",
        department_active=True,
        stopped=False,
        frozen=False,
        safe_mode=False,
        drifted=False,
        operation=name,
        params=params.get(name, {}),
        has_reason=True,
        requester=ANA,
        target=TARGET,
        dry_run=DryRun(True, PLAN),
        plan=PLAN,
        approval_expires_at=EXPIRES,
    )
    return replace(plain, **changes)


def vote(voter: Party, stage: str = "decide", **changes: Any) -> Vote:
    """Return a vote in favour of the plan, given now."""
    return replace(Vote(voter, "approve", stage, PLAN, NOW), **changes)


ENOUGH_TO_MOVE = (vote(BO),)
ENOUGH_TO_DELETE = (vote(BO, "check", at=NOW - 9), vote(DIA, "check", at=NOW - 8), vote(CLEO, at=NOW - 7))


def seal(name: str = "files.delete", params: Mapping[str, Any] | None = None, **changes: Any) -> SealedPlan:
    """Return a sealed plan to delete one file."""
    fields: dict[str, Any] = {
        "institution": INSTITUTION,
        "department": "desk",
        "proposal": PROPOSAL,
        "operation": name,
        "target": TARGET,
        "params": {"paths": ["a"]} if params is None else params,
        "diff": [{"action": "delete", "path": "a", "to": None}],
        "preconditions": [{"path": "a", "kind": "file", "size": 3, "sha256": "cd" * 32}],
        "contract": "desk@v1.0.0",
        "bundle": BUNDLE.digest,
        "expires_at": EXPIRES,
        "nonce": "ef" * 16,
    }
    return plan_seal(**(fields | changes))
