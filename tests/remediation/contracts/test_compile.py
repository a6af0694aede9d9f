"""The bundle: thirteen texts in the shape that the engine reads, the same bytes for the same source."""

import hashlib
import json
import os
import subprocess
import sys
from typing import Any

import pytest
import yaml

from opsportal.core.canonical import canonical_text
from remediation.contracts.compile import contract_compile
from remediation.contracts.names import GATE_ORDER
from remediation.engine import GATE_ORDER as ENGINE_ORDER
from remediation.engine import bundle_load
from tests.remediation.contracts.texts import DESK, desk_with

FILES = {
    "approvals.json",
    "autonomy.json",
    "bundle.manifest.json",
    "contract_ledger.json",
    "invariants.json",
    "mandates.json",
    "openapi.yaml",
    "operations.json",
    "policies.json",
    "rbac.json",
    "sod.json",
    "source.ir.json",
    "workflows.json",
}


@pytest.fixture(scope="module")
def artifacts() -> dict[str, str]:
    return dict(contract_compile(DESK).artifacts)


def part(artifacts: dict[str, str], name: str) -> Any:
    return json.loads(artifacts[f"{name}.json"])


@pytest.mark.spec("V07")
def test_it_makes_the_thirteen_texts_and_says_what_they_are_called(artifacts: dict[str, str]) -> None:
    compiled = contract_compile(DESK)
    assert set(compiled.artifacts) == FILES
    assert (compiled.name, compiled.version, compiled.department) == ("desk", "1.2.3", "desk")
    assert compiled.contract == "desk@v1.2.3"
    assert compiled.digest == hashlib.sha256(artifacts["bundle.manifest.json"].encode()).hexdigest()


@pytest.mark.spec("V10")
def test_the_same_source_makes_the_same_bytes_in_any_process() -> None:
    code = "import sys, remediation.contracts.compile as c; print(c.contract_compile(sys.stdin.read()).digest)"
    digests = set()
    for seed in ("0", "1", "4711"):
        environment = {
            "PYTHONHASHSEED": seed,
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.getcwd(),
            "TZ": f"UTC+{len(seed)}",
        }
        done = subprocess.run(
            [sys.executable, "-c", code], input=DESK, env=environment, text=True, capture_output=True, check=True
        )
        digests.add(done.stdout.strip())
    assert digests == {contract_compile(DESK).digest}


def test_the_compiler_needs_no_django() -> None:
    code = "import sys, remediation.contracts.compile, remediation.contracts.words; print('django' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True)
    assert done.stdout == "False\n"


def test_all_json_is_canonical_and_has_no_time(artifacts: dict[str, str]) -> None:
    for name, text in artifacts.items():
        if name.endswith(".json"):
            assert canonical_text(json.loads(text)) == text
            assert "created_at" not in text
            assert "timestamp" not in text


def test_the_manifest_has_the_hash_of_every_other_text(artifacts: dict[str, str]) -> None:
    manifest = part(artifacts, "bundle.manifest")
    assert {entry["file"]: entry["sha256"] for entry in manifest["contracts"]} == {
        name: hashlib.sha256(text.encode()).hexdigest()
        for name, text in artifacts.items()
        if name != "bundle.manifest.json"
    }
    assert all(entry["required"] for entry in manifest["contracts"])


def test_the_order_of_the_gates_is_the_engines(artifacts: dict[str, str]) -> None:
    assert GATE_ORDER == ENGINE_ORDER
    assert part(artifacts, "bundle.manifest")["gate_order"] == list(GATE_ORDER)
    assert part(artifacts, "source.ir")["runtime"]["gate_order"] == list(GATE_ORDER)


def test_the_engine_loads_it(artifacts: dict[str, str]) -> None:
    bundle = bundle_load(artifacts)
    assert (bundle.contract, bundle.current_level) == ("desk@v1.2.3", 2)
    assert [operation.name for operation in bundle.operations] == [
        "service.look",
        "service.restart",
        "host.wipe",
        "approval_decide",
    ]


def test_an_operation_has_the_published_shape(artifacts: dict[str, str]) -> None:
    operations = part(artifacts, "operations")
    assert (operations["contract"], operations["department"]) == ("desk@v1.2.3", "desk")
    restart = operations["operations"][1]
    params = {param["name"]: param for param in restart.pop("params")}
    assert restart == {
        "name": "service.restart",
        "endpoint": "POST /desk/services/{name}/restart",
        "permission": "service.restart",
        "kind": "job.request",
        "risk": "R2",
        "dry_run": "none",
        "reversible": False,
        "idempotency": "required",
        "reason": "optional",
        "scope": "department",
        "title": "Restart a service",
        "errors": [],
    }
    nothing: dict[str, Any] = {
        "required": False,
        "default": None,
        "min": None,
        "max": None,
        "max_length": None,
        "values": [],
        "matches": "",
    }
    assert params == {
        "name": nothing
        | {"name": "name", "type": "text", "list": False, "required": True, "max_length": 40, "matches": "[a-z-]+"},
        "tries": nothing | {"name": "tries", "type": "int", "list": False, "default": 1, "min": 1, "max": 5},
        "hosts": nothing | {"name": "hosts", "type": "text", "list": True, "min": 1, "max": 3},
        "mode": nothing
        | {"name": "mode", "type": "string", "list": False, "default": "soft", "values": ["soft", "hard"]},
        "quick": nothing | {"name": "quick", "type": "bool", "list": False, "default": False},
    }


def test_rules_have_the_published_shapes(artifacts: dict[str, str]) -> None:
    message = "One to three tries."
    assert part(artifacts, "policies") == {
        "policies": [
            {
                "id": "few",
                "operations": ["service.restart"],
                "rules": [
                    {"type": "numeric_max", "field": "params.tries", "value": 3, "message": message},
                    {"type": "numeric_min", "field": "params.tries", "value": 1, "message": message},
                ],
            }
        ],
        "windows": [
            {
                "id": "nights",
                "operations": ["service.restart"],
                "days": ["mon", "sun"],
                "from_minute": 1320,
                "until_minute": 390,
                "timezone": "America/Sao_Paulo",
                "message": "Nobody is there.",
            }
        ],
        "budgets": [
            {"id": "restarts", "operations": ["service.restart"], "limit": 10, "seconds": 3600, "breaker_failures": 3}
        ],
    }
    assert part(artifacts, "mandates")["mandates"][1] == {
        "id": "act",
        "operations": ["service.restart"],
        "roles": ["chief"],
        "valid_from": 1767225600,  # 2026-01-01T00:00:00Z
        "valid_until": 1798804800,  # 2027-01-01T12:00:00Z
        "limits": [
            {"type": "enum_allowlist", "field": "params.mode", "value": ["soft", "hard"], "message": "Soft or hard."}
        ],
    }
    assert part(artifacts, "autonomy")["rules"][0] == {
        "id": "look:service.look",
        "operation": "service.look",
        "required_level": 0,
    }


def test_approvals_of_the_old_form_and_the_new_have_one_shape(artifacts: dict[str, str]) -> None:
    assert part(artifacts, "approvals") == {
        "rules": [
            {
                "id": "restart",
                "operations": ["service.restart"],
                "stages": [{"id": "approval", "roles": ["chief", "clerk"], "quorum": 1}],
                "expires_seconds": 86400,
                "reason": "optional",
            },
            {
                "id": "wipe",
                "operations": ["host.wipe"],
                "stages": [
                    {"id": "look", "roles": ["clerk"], "quorum": 1},
                    {"id": "sign", "roles": ["chief"], "quorum": 1},
                ],
                "expires_seconds": 7200,
                "reason": "required",
            },
        ],
        "emergencies": [{"id": "fire", "operations": ["service.restart"], "roles": ["chief"], "review_seconds": 86400}],
    }
    assert part(artifacts, "sod") == {
        "rules": [
            {"id": "restart_apart", "step": "APPROVAL:restart", "constraint": "REQUESTER_NEQ_DECIDER"},
            {"id": "wipe_apart:wipe", "step": "APPROVAL:wipe", "constraint": "REQUESTER_NEQ_DECIDER"},
        ]
    }


def test_expressions_become_data_with_constants_filled_in(artifacts: dict[str, str]) -> None:
    (invariant,) = part(artifacts, "invariants")["invariants"]
    assert invariant["when"] == ["==", ["ref", "params.mode"], ["lit", "hard"]]
    assert invariant["assert"] == [
        "and",
        ["not", ["in", ["ref", "params.name"], ["lit", ["db", "mail"]]]],
        ["<", ["ref", "params.tries"], ["lit", 3]],
    ]


@pytest.mark.parametrize(
    ("written", "compiled"),
    [
        ("always", True),
        ("false", ["lit", False]),
        ("params.mode != null", ["!=", ["ref", "params.mode"], ["lit", None]]),
        ("actor.id == target", ["==", ["ref", "requester.id"], ["ref", "target"]]),
        ('"chief" in actor.roles', ["in", ["lit", "chief"], ["ref", "requester.roles"]]),
        ("Service.tries >= -1", [">=", ["ref", "params.tries"], ["lit", -1]]),
        ("has_reason or params.quick and true", ["or", ["ref", "has_reason"], ["and", ["ref", "params.quick"], True]]),
    ],
)
def test_an_expression_is_compiled_to_what_it_says(written: str, compiled: Any) -> None:
    text = desk_with(('when: params.mode == "hard"', f"when: {written}"))
    found = json.loads(contract_compile(text).artifacts["invariants.json"])["invariants"][0]["when"]
    assert found == compiled


def test_an_invariant_of_an_entity_applies_to_every_operation_that_carries_it() -> None:
    text = desk_with(("applies_to: service.restart", "applies_to: Service"))
    found = json.loads(contract_compile(text).artifacts["invariants.json"])["invariants"]
    assert [item["applies_to"] for item in found] == ["service.look", "service.restart"]


def test_the_workflow_is_carried_as_data(artifacts: dict[str, str]) -> None:
    (workflow,) = part(artifacts, "workflows")["workflows"]
    (stop,) = workflow["transitions"]
    assert (workflow["entity"], stop["from"], stop["to"]) == ("Service", "up", "down")
    assert stop["effects"] == [["set_state", "down"], ["bump_version", 1]]
    assert stop["guard"][1] == ["<", ["history", "request", "count"], ["lit", 2]]


def test_the_description_of_the_endpoints_is_yaml(artifacts: dict[str, str]) -> None:
    description = yaml.safe_load(artifacts["openapi.yaml"])
    restart = description["paths"]["/desk/services/{name}/restart"]["post"]
    assert restart["parameters"][0]["schema"] == {"type": "string", "maxLength": 40, "pattern": "^(?:[a-z-]+)$"}
    body = restart["requestBody"]["content"]["application/json"]["schema"]
    assert body["properties"]["hosts"] == {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3}
    assert body["additionalProperties"] is False


def test_a_job_type_names_the_operation() -> None:
    text = desk_with(
        ("endpoint host.wipe {", "endpoint wipe_it {"),
        (
            "{kind: job.request}\n    }\n    endpoint approval",
            "{kind: job.request, job_type: host.wipe}\n    }\n    endpoint approval",
        ),
    )
    names = [item["name"] for item in json.loads(contract_compile(text).artifacts["operations.json"])["operations"]]
    assert "host.wipe" in names
