"""The API of scenarios, runs and the roster."""

from pathlib import Path
from uuid import uuid4

import pytest
from pytest_django import Settings

from ledger.models import Entry
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution
from scenarios.models import Heartbeat, Run, Scenario
from tests.api.callers import Caller, anonymous, caller_make, cost
from tests.api.watching import ticked, watch
from tests.institutions.factories import institution_make
from tests.scenarios.registry.texts import beat


@pytest.fixture
def home(db: None, tmp_path: Path, settings: Settings) -> Institution:
    (tmp_path / "disk.root").touch()
    home = watch(tmp_path, settings, ["disk.root", "disk.report"])
    ticked()
    return home


@pytest.fixture
def lead(home: Institution) -> Caller:
    return caller_make(home, Role.OPS_LEAD)


@pytest.mark.spec("L01", "L02", "L03")
def test_the_roster_names_everybody_with_their_rules_and_scenarios(home: Institution, lead: Caller) -> None:
    rows = {row["id"]: row for row in lead.get("roster").rows}
    assert list(rows) == ["A0", "A1", "A2", "A3", "A4", "A5", "A6", "A7", "vigia", "curador"]
    assert (rows["A1"]["name"], rows["A1"]["codename"], rows["A1"]["inbox"]) == ("Pulso", "node_health", ["ops_lead"])
    assert rows["A1"]["scenarios"] == ["disk.report", "disk.root"]
    restart = {"risk": "R2", "approvers": ["ops_lead"], "votes_needed": 1, "is_automatic": False}
    (action,) = [action for action in rows["A1"]["actions"] if action["name"] == "service.restart"]
    assert restart.items() <= action.items()
    assert anonymous("roster").status == 401
    assert caller_make(home, Role.EXECUTIVE_ADMIN).get("roster").status == 403


def test_the_roster_speaks_the_language_that_is_asked_for(lead: Caller) -> None:
    assert lead.get("scenarios", None, **{"Accept-Language": "pt-br"}).rows[0]["title"] == "Espaço em disco"


@pytest.mark.spec("L11")
def test_scenarios_are_listed_with_how_they_stand(lead: Caller) -> None:
    report, root = lead.get("scenarios").rows
    assert (report["id"], report["status"], report["reason"], report["owner_agent"]) == (
        "disk.report",
        "down",
        "condition_failed",
        "A1",
    )
    assert (root["id"], root["status"], root["is_enabled"]) == ("disk.root", "ok", True)
    assert report["last_run_at"] is not None
    assert report["since"] is not None


@pytest.mark.spec("L27")
def test_a_scenario_tells_its_checks_and_runbook_but_no_parameters(lead: Caller) -> None:
    answer = lead.get("scenarios/disk.report")
    assert (answer.json["runbook"], answer.json["human_action"]) == ("# Disks\n", "Used: {measured}")
    assert answer.json["checks"][0]["conditions"] == [
        {"measure": "exists", "op": "==", "value": True, "otherwise": "down"}
    ]
    assert "path" not in answer.response.content.decode()


def test_the_address_of_a_heartbeat_is_for_those_who_may_write(db: None, tmp_path: Path, settings: Settings) -> None:
    home = watch(tmp_path, settings, ["night.job"], checks=[beat()])
    ticked()
    with institution_scope(home.pk):
        code = Heartbeat.objects.get().code
    (awaited,) = caller_make(home, Role.TECHNICIAN).get("scenarios/night.job").json["heartbeats"]
    assert awaited["url"] == f"http://testserver/api/v1/heartbeats/{code}"
    answer = caller_make(home, Role.NOC).get("scenarios/night.job")
    assert answer.json["heartbeats"] == [{"name": "nightly", "last_ping_at": None, "url": None}]
    assert str(code) not in answer.response.content.decode()


@pytest.mark.spec("L14")
@pytest.mark.parametrize("role", [Role.SUPER_ADMIN, Role.OPS_LEAD, Role.AGENTIC_OPERATOR])
def test_a_run_by_hand_answers_when_it_is_written(home: Institution, tmp_path: Path, role: Role) -> None:
    caller = caller_make(home, role)
    (tmp_path / "disk.report").touch()
    summary = caller.post("runs/disk.report").json
    expected = {"ok": True, "scenario_id": "disk.report", "status": "ok", "findings_count": 0}
    assert expected.items() <= summary.items()
    run = caller.get(f"runs/{summary['run_id']}").json
    assert (run["scenario_id"], run["status"], run["tick_id"]) == ("disk.report", "ok", None)
    assert run["evidence"][0]["measured"]["exists"] is True
    assert caller.get("scenarios/disk.report/runs").rows[0]["id"] == summary["run_id"]


@pytest.mark.spec("L14")
def test_others_start_no_run_and_unknown_is_404(home: Institution, lead: Caller) -> None:
    with institution_scope(home.pk):
        before = Run.objects.count()
    for role in (Role.TECHNICIAN, Role.NOC, Role.AUDITOR, Role.DEVOPS, Role.SEO, Role.OWNER):
        assert caller_make(home, role).post("runs/disk.report").refusal[:2] == (403, "RBAC_DENIED")
    assert lead.post("runs/no.such").refusal == (404, "NOT_FOUND", [])
    assert anonymous("runs/disk.report", method="POST").status == 401
    with institution_scope(home.pk):
        assert Run.objects.count() == before


def test_a_disabled_scenario_is_not_run_until_it_is_enabled(home: Institution, lead: Caller) -> None:
    assert lead.post("scenarios/disk.root/disable").json["is_enabled"] is False
    assert lead.post("scenarios/disk.root/disable").status == 200
    assert lead.post("runs/disk.root").refusal == (409, "SCENARIO_DISABLED", [])
    assert lead.post("scenarios/disk.root/enable").json["is_enabled"] is True
    assert caller_make(home, Role.TECHNICIAN).post("scenarios/disk.root/disable").status == 403
    with institution_scope(home.pk):
        assert Entry.objects.filter(kind="SCENARIO_CHANGED").count() == 2


@pytest.mark.spec("V27")
def test_what_is_of_another_institution_is_not_there(home: Institution) -> None:
    stranger = caller_make(institution_make("away"), Role.SUPER_ADMIN)
    assert stranger.get("scenarios").rows == []
    assert {tuple(row["scenarios"]) for row in stranger.get("roster").rows} == {()}
    with institution_scope(home.pk):
        run = Run.objects.first()
    assert run is not None
    for answer in (
        stranger.get("scenarios/disk.report"),
        stranger.get("scenarios/disk.report/runs"),
        stranger.get(f"runs/{run.code}"),
        stranger.get(f"runs/{uuid4()}"),
        stranger.post("runs/disk.report"),
        stranger.post("scenarios/disk.report/disable"),
    ):
        assert answer.refusal == (404, "NOT_FOUND", [])
    with institution_scope(home.pk):
        assert Scenario.objects.get(name="disk.report").is_enabled


@pytest.mark.parametrize("address", ["scenarios", "scenarios/disk.0/runs", "roster"])
def test_a_list_costs_the_same_whatever_its_size(db: None, tmp_path: Path, settings: Settings, address: str) -> None:
    costs = []
    for size in (2, 20):
        home = watch(tmp_path, settings, [f"disk.{number}" for number in range(size)])
        for _ in range(size // 4 + 1):
            ticked()
        costs.append(cost(caller_make(home, Role.NOC, username=f"noc{size}"), address))
    assert costs[0] == costs[1] <= 4
