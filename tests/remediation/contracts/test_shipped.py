"""The contract that comes with the portal, as the decision table that people agreed on."""

import json
import re
from pathlib import Path

import pytest

from remediation.contracts.compile import Compiled, contract_compile
from remediation.contracts.shipped import PERSONAL_OPS, SHIPPED, shipped_text
from remediation.contracts.table import StageRow, decision_table
from remediation.contracts.verify import artifacts_verify
from remediation.engine import bundle_load

LOOKING = ["files.list", "files.scan", "files.suggest", "files.read", "files.stat", "files.hash", "files.search"]
CHANGING = ["files.rename", "files.move", "files.delete", "files.plan.apply"]
MAY = {
    "owner": {
        *LOOKING,
        *CHANGING,
        "files.plan.create",
        "files.plan.get",
        "archive.create",
        "job_get",
        "approval_decide",
    },
    "executive_admin": {*LOOKING, "files.plan.get", "job_get", "approval_decide"},
    "organizational_agent": {
        *LOOKING,
        "files.plan.create",
        "files.plan.get",
        "archive.create",
        "job_get",
        "job_enqueue",
    },
}


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    return contract_compile(shipped_text(PERSONAL_OPS))


@pytest.mark.spec("V06", "V07")
def test_it_compiles_verifies_and_loads(compiled: Compiled) -> None:
    assert artifacts_verify(compiled.artifacts) is None
    assert bundle_load(compiled.artifacts).digest == compiled.digest


@pytest.mark.spec("V73")
def test_its_name_and_version_are_fixed(compiled: Compiled) -> None:
    assert (compiled.name, compiled.contract) == ("personal-ops", "personal_ops@v1.0.0")
    assert compiled.contract == PERSONAL_OPS
    folder = Path(__file__).parents[3] / "remediation" / "contracts" / "shipped"
    assert {path.stem for path in folder.glob("*.idl")} == set(SHIPPED)


def test_nobody_may_do_more_than_was_agreed(compiled: Compiled) -> None:
    rows = decision_table(compiled.artifacts)
    may = {role: {row.operation for row in rows if row.role == role and row.is_allowed} for role in MAY}
    assert may == MAY
    assert {row.role for row in rows} == set(MAY)


def test_permission_and_mandate_say_the_same(compiled: Compiled) -> None:
    assert all(row.has_permission == row.has_mandate for row in decision_table(compiled.artifacts))


def test_only_changes_of_files_need_an_approval_and_all_of_them_do(compiled: Compiled) -> None:
    needed = {row.operation: row for row in decision_table(compiled.artifacts) if row.stages}
    assert set(needed) == set(CHANGING)
    for row in needed.values():
        assert row.stages == (StageRow("decision", ("owner", "executive_admin"), 1),)
        assert (row.risk, row.dry_run) == ("R2", "required")
    assert {name for name, row in needed.items() if row.needs_reason} == {"files.delete", "files.plan.apply"}


def test_what_needs_no_approval_is_of_the_risks_r0_and_r1(compiled: Compiled) -> None:
    risks = {row.operation: row.risk for row in decision_table(compiled.artifacts) if not row.stages}
    assert {name for name, risk in risks.items() if risk == "R0"} == {*LOOKING, "files.plan.get", "job_get"}
    assert set(risks.values()) == {"R0", "R1"}


def test_an_agent_makes_plans_at_its_level_and_changes_nothing_below_the_highest(compiled: Compiled) -> None:
    levels = {row.operation: row.required_level for row in decision_table(compiled.artifacts)}
    assert json.loads(compiled.artifacts["autonomy.json"])["current_level"] == levels["files.plan.create"] == 1
    assert {levels[name] for name in CHANGING} == {4}


def test_every_change_of_files_is_budgeted_and_has_a_breaker(compiled: Compiled) -> None:
    budgets = json.loads(compiled.artifacts["policies.json"])["budgets"]
    assert {name for budget in budgets for name in budget["operations"]} == set(CHANGING)
    assert all(budget["breaker_failures"] for budget in budgets)
    assert json.loads(compiled.artifacts["policies.json"])["windows"] == []


@pytest.mark.parametrize("path", ["/etc/passwd", "", "a\0b"])
def test_no_parameter_takes_an_absolute_an_empty_path_or_a_nul(compiled: Compiled, path: str) -> None:
    operations = json.loads(compiled.artifacts["operations.json"])["operations"]
    params = [param for item in operations for param in item["params"] if param["name"] in {"path", "paths", "target"}]
    assert len(params) == 14
    for param in params:
        assert not re.fullmatch(param["matches"], path)
        assert param["max_length"] == 1024


@pytest.mark.parametrize(
    ("item", "fits"),
    [
        ("delete:a/b", True),
        ("rename:a:b", True),
        ("move:a%3Ab:c", True),
        ("rename:a", False),
        ("chmod:a", False),
        ("delete:a:b", False),
    ],
)
def test_an_item_of_a_plan_is_a_verb_and_its_paths(compiled: Compiled, item: str, fits: bool) -> None:
    operations = {item["name"]: item for item in json.loads(compiled.artifacts["operations.json"])["operations"]}
    (param,) = operations["files.plan.create"]["params"]
    assert bool(re.fullmatch(param["matches"], item)) is fits
