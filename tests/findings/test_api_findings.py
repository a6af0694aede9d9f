"""The API of findings and of the action log."""

from pathlib import Path
from uuid import uuid4

import pytest
from pytest_django import Settings

from findings.models import Finding
from ledger.models import Entry
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution
from scenarios.models import Run
from tests.api.callers import Caller, anonymous, caller_make, cost
from tests.api.watching import ticked, watch
from tests.institutions.factories import institution_make
from tests.ledger.factories import body_change


@pytest.fixture
def home(db: None, tmp_path: Path, settings: Settings) -> Institution:
    home = watch(tmp_path, settings, ["disk.report", "disk.root"])
    ticked()
    (tmp_path / "disk.root").touch()
    ticked()
    return home


@pytest.fixture
def lead(home: Institution) -> Caller:
    return caller_make(home, Role.OPS_LEAD, username="Júlia")


def open_finding(home: Institution) -> Finding:
    with institution_scope(home.pk):
        return Finding.objects.get(status="open")


@pytest.mark.spec("L12", "L47")
def test_findings_are_listed_with_evidence_and_what_to_do(home: Institution, lead: Caller) -> None:
    resolved, opened = sorted(lead.get("findings").rows, key=lambda row: row["scenario_id"], reverse=True)
    assert (opened["scenario_id"], opened["status"], opened["severity"], opened["owner_agent"], opened["count"]) == (
        "disk.report",
        "open",
        "high",
        "A1",
        2,
    )
    assert opened["evidence"]["measured"] == {"exists": False}
    assert opened["human_action"].startswith("Used: ")
    assert (resolved["status"], resolved["resolved_at"] is None) == ("resolved", False)


@pytest.mark.spec("L12")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "open"}, ["disk.report"]),
        ({"status": ["open", "resolved"]}, ["disk.root", "disk.report"]),
        ({"severity": "low"}, []),
        ({"severity": ["low", "high"], "status": "resolved"}, ["disk.root"]),
        ({"owner": "A2"}, []),
        ({"scenario": "disk.root"}, ["disk.root"]),
    ],
)
def test_filters_narrow(lead: Caller, query: dict[str, str], expected: list[str]) -> None:
    assert sorted(row["scenario_id"] for row in lead.get("findings", query).rows) == sorted(expected)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"severity": "worst"}, "severity"),
        ({"status": ["open", "x"]}, "status"),
        ({"owner": "A9"}, "owner"),
        ({"owner": ["A1", "A2"]}, "owner"),
        ({"scenario": "a\0"}, "scenario"),
        ({"severty": "high"}, "severty"),
    ],
)
def test_a_wrong_filter_is_named(lead: Caller, query: dict[str, str], field: str) -> None:
    assert lead.get("findings", query).refusal == (422, "INVALID", [field])


@pytest.mark.spec("L27")
def test_a_finding_reaches_its_runbook_and_its_entries(home: Institution, lead: Caller) -> None:
    code = open_finding(home).code
    assert lead.get(f"findings/{code}").json["runbook"] == "# Disks\n"
    with institution_scope(home.pk):
        assert list(Entry.objects.filter(case=code).values_list("kind", flat=True)) == ["FINDING_OPENED"]


@pytest.mark.spec("L12")
def test_an_ack_keeps_the_first_name_and_can_be_taken_back(home: Institution, lead: Caller) -> None:
    address = f"findings/{open_finding(home).code}"
    acked = lead.post(f"{address}/ack", {"note": "Looking."})
    assert (acked.status, acked.json["status"], acked.json["acknowledged_by"]) == (200, "acked", "Júlia")
    again = caller_make(home, Role.TECHNICIAN).post(f"{address}/ack")
    assert (again.status, again.json["acknowledged_by"], again.json["note"]) == (200, "Júlia", "Looking.")
    noc = caller_make(home, Role.NOC).get(address)
    assert "lia" not in noc.json["acknowledged_by"]
    assert lead.post(f"{address}/unack").json["status"] == "open"
    assert lead.post(f"{address}/unack").refusal == (409, "CONFLICT", [])


def test_a_finding_that_is_not_open_is_not_acked(home: Institution, lead: Caller) -> None:
    with institution_scope(home.pk):
        resolved = Finding.objects.get(status="resolved")
    assert lead.post(f"findings/{resolved.code}/ack").refusal == (409, "CONFLICT", [])
    assert lead.post(f"findings/{open_finding(home).code}/ack", {"note": "x" * 501}).refusal[2] == ["note"]
    assert lead.post(f"findings/{open_finding(home).code}/ack", {"note": None}).refusal[2] == ["note"]
    open_finding(home)


def test_who_may_not_is_refused(home: Institution) -> None:
    address = f"findings/{open_finding(home).code}"
    assert anonymous(address).status == anonymous("findings").status == anonymous("action-log").status == 401
    assert caller_make(home, Role.AUDITOR).post(f"{address}/ack").status == 403
    assert caller_make(home, Role.OWNER).get("findings").status == 403


@pytest.mark.spec("V27")
def test_what_is_of_another_institution_is_not_there(home: Institution) -> None:
    stranger = caller_make(institution_make("away"), Role.SUPER_ADMIN)
    assert stranger.get("findings").rows == []
    address = f"findings/{open_finding(home).code}"
    for answer in (
        stranger.get(address),
        stranger.post(f"{address}/ack"),
        stranger.post(f"{address}/unack"),
        stranger.get(f"findings/{uuid4()}"),
    ):
        assert answer.refusal == (404, "NOT_FOUND", [])
    assert {row["kind"] for row in stranger.get("action-log").rows} == {"ACTOR_TOKEN_CREATED"}
    open_finding(home)


@pytest.mark.spec("L13")
def test_the_action_log_shows_every_run_round_ack_reply_and_chat(home: Institution, lead: Caller) -> None:
    finding = open_finding(home)
    lead.post("runs/disk.report")
    lead.post(f"findings/{finding.code}/ack")
    lead.post(f"threads/{finding.thread_code}/reply", {"body": "On it."})
    lead.post("chat", {"question": "What is open?"})
    rows = lead.get("action-log").rows
    by_kind = {row["kind"]: row for row in rows}
    assert {"TICK_COMPLETED", "FINDING_OPENED", "FINDING_RESOLVED", "FINDING_ACKED", "MESSAGE_POSTED"} <= set(by_kind)
    told = {kind: (row["actor_name"], row["sentence"]) for kind, row in by_kind.items()}
    assert told["CHAT_ANSWERED"] == ("A6 Copiloto", "answered a question (t0)")
    assert told["FINDING_ACKED"] == ("Júlia", "acknowledged the finding")
    runs = [row for row in rows if row["kind"] == "RUN_COMPLETED"]
    assert [(row["data"]["scenario"], row["seq"] is None) for row in runs] == [
        ("disk.report", False),
        ("disk.root", True),
        ("disk.report", True),
        ("disk.root", True),
        ("disk.report", True),
    ]
    assert runs[-1]["sentence"] == "looked at disk.report: down"
    ticks = [row for row in rows if row["kind"] == "TICK_COMPLETED"]
    assert {(row["actor_kind"], row["actor_id"]) for row in [*runs[1:], *ticks]} == {("system", "manage.py")}
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)


@pytest.mark.spec("L45")
def test_the_action_log_names_nobody_to_noc(home: Institution, lead: Caller) -> None:
    lead.post(f"findings/{open_finding(home).code}/ack")
    answer = caller_make(home, Role.NOC).get("action-log", {"kind": "FINDING_ACKED"})
    assert answer.rows[0]["sentence"] == "acknowledged the finding"
    assert "lia" not in answer.response.content.decode()


def test_an_entry_whose_bytes_were_damaged_is_still_listed(home: Institution, lead: Caller) -> None:
    body_change(home.pk, 1, "{", "")
    rows = lead.get("action-log").rows
    assert [(row["kind"], row["data"]) for row in rows if row["seq"] == 1] == [("FINDING_OPENED", {})]
    auditor = caller_make(home, Role.AUDITOR)
    assert auditor.get("/api/v1/ledger/entries/1").json["data"] == {}


def test_the_action_log_narrows_by_kind(lead: Caller) -> None:
    kinds = [row["kind"] for row in lead.get("action-log", {"kind": ["TICK_COMPLETED", "FINDING_OPENED"]}).rows]
    assert sorted(kinds) == ["FINDING_OPENED", "FINDING_OPENED", "TICK_COMPLETED", "TICK_COMPLETED"]
    assert len(lead.get("action-log", {"kind": "RUN_COMPLETED"}).rows) == 4
    assert lead.get("action-log", {"kind": "X"}).refusal == (422, "INVALID", ["kind"])


def test_the_action_log_is_walked_without_loss(home: Institution, lead: Caller) -> None:
    whole = lead.get("action-log").rows
    seen, address = [], "action-log?limit=3"
    while address:
        page = lead.get(address).json
        seen += page["results"]
        address = page["next"]
    assert seen == whole
    first = lead.get("action-log?limit=3")
    assert first.json["previous"] is None
    second = lead.get(first.json["next"])
    ticked()
    newer = lead.get(second.json["previous"])
    assert newer.rows == first.rows
    assert [row["kind"] for row in lead.get(newer.json["previous"]).rows] == [
        "TICK_COMPLETED",
        "RUN_COMPLETED",
        "RUN_COMPLETED",
    ]


@pytest.mark.spec("L48")
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST"])
def test_no_door_changes_the_action_log(home: Institution, lead: Caller, method: str) -> None:
    with institution_scope(home.pk):
        before = (Entry.objects.count(), Run.objects.count())
    token = {"Authorization": f"Bearer {lead.token}"}
    assert anonymous("action-log", method=method, **token).refusal == (405, "METHOD_NOT_ALLOWED", [])
    with institution_scope(home.pk):
        assert (Entry.objects.count(), Run.objects.count()) == before


@pytest.mark.parametrize("address", ["findings", "findings?status=open&severity=high", "action-log"])
def test_a_list_costs_the_same_whatever_its_size(db: None, tmp_path: Path, settings: Settings, address: str) -> None:
    costs = []
    for size in (2, 20):
        home = watch(tmp_path, settings, [f"disk.{number}" for number in range(size)])
        ticked()
        caller = caller_make(home, Role.OPS_LEAD, username=f"lead{size}")
        caller.post("chat", {"question": "What is open?"})
        costs.append(cost(caller, address))
    assert costs[0] == costs[1] <= 4
