"""The pages of findings: the list with its filters, one finding, and what the buttons do."""

from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import Settings

from agents.selectors import inbox_waiting
from findings.models import Finding
from ledger.models import Entry
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution
from scenarios.models import Run
from tests.api.watching import ticked, watch
from tests.institutions.factories import institution_make
from tests.portal.visits import cost, pressed, seen, visitor
from tests.scenarios.factories import looked, scenarios_make, spec_make
from tests.scenarios.registry.texts import check, entry, text

LIST = "/i/home/findings/"


@pytest.fixture
def home(db: None, tmp_path: Path, settings: Settings) -> Institution:
    """Two things are wrong, one of them worse."""
    home = watch(tmp_path, settings, ["disk.root", "disk.report"])
    settings.REGISTRY.write_text(
        text(
            *(broken(tmp_path, name, severity=how) for name, how in (("disk.root", "critical"), ("disk.report", "low")))
        )
    )
    ticked()
    return home


def broken(folder: Path, name: str, **changes: object) -> dict[str, object]:
    look = check(kind="file_age", conditions=[{"measure": "exists", "op": "==", "value": True}])
    return entry(
        name, **{"checks": [look | {"with": {"path": str(folder / name)}}], "down_after": 1, "up_after": 1} | changes
    )


@pytest.fixture
def lead(home: Institution) -> Client:
    return visitor(home, Role.OPS_LEAD, username="ana")


def finding(home: Institution, scenario: str = "disk.root") -> Finding:
    with institution_scope(home.pk):
        return Finding.objects.select_related("acked_by").get(scenario__name=scenario)


@pytest.mark.spec("L12", "L33")
def test_a_row_says_what_is_wrong_since_when_and_whose_it_is(home: Institution, lead: Client) -> None:
    ticked()
    page = seen(lead, LIST)
    row = page.split(f'id="finding-{finding(home).code}"')[1].split("</li>")[0]
    for word in ("Critical", "Disk space", "Down", "2×", "A1 Pulso", "Open", "disk.root"):
        assert word in row
    assert page.count("data-row ") == 2


@pytest.mark.spec("L12")
def test_filters_live_in_the_address_and_count(home: Institution, lead: Client) -> None:
    page = seen(lead, f"{LIST}?severity=critical")
    assert page.count("data-row ") == 1
    assert "Critical <b>1</b>" in page
    assert "Low <b>1</b>" in page
    assert seen(lead, f"{LIST}?severity=critical&severity=low").count("data-row ") == 2
    assert seen(lead, f"{LIST}?scenario=disk.report").count("data-row ") == 1
    assert seen(lead, f"{LIST}?q=REPORT").count("data-row ") == 1
    assert "Nothing matches" in seen(lead, f"{LIST}?owner=A7")


@pytest.mark.spec("L12")
def test_the_list_begins_with_what_is_active(home: Institution, lead: Client, tmp_path: Path) -> None:
    (tmp_path / "disk.root").touch()
    ticked()
    assert seen(lead, LIST).count("data-row ") == 1
    assert seen(lead, f"{LIST}?status=resolved").count("data-row ") == 1
    assert seen(lead, f"{LIST}?status=all").count("data-row ") == 2
    assert seen(lead, f"{LIST}?status=nonsense").count("data-row ") == 1


@pytest.mark.spec("L33")
def test_what_came_back_stands_on_top_again(home: Institution, lead: Client, tmp_path: Path) -> None:
    (tmp_path / "disk.root").touch()
    ticked()
    (tmp_path / "disk.root").unlink()
    ticked()
    page = seen(lead, LIST)
    assert page.index(str(finding(home).code)) < page.index(str(finding(home, "disk.report").code))
    assert "back 1 time" in page


def test_the_list_costs_the_same_for_two_and_for_fifty(home: Institution, lead: Client) -> None:
    few = cost(lead, LIST)
    specs = [spec_make(f"web.{number}") for number in range(60)]
    scenarios_make(home, *specs)
    looked(home.pk, *((spec, "down") for spec in specs))
    assert cost(lead, LIST) == few <= 8
    assert cost(lead, f"{LIST}rows?shown={finding(home).code.hex}") <= 8
    page = seen(lead, LIST)
    assert page.count("data-row ") == 50
    older = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert seen(lead, older).count("data-row ") == 12


def test_rows_come_again_where_they_stand_also_those_that_are_over(
    home: Institution, lead: Client, tmp_path: Path
) -> None:
    first, second = finding(home), finding(home, "disk.report")
    (tmp_path / "disk.root").touch()
    ticked()
    rows = seen(lead, f"{LIST}rows?shown={first.code.hex},{second.code.hex},{uuid4().hex}")
    assert rows.index(f'id="finding-{first.code}"') < rows.index(f'id="finding-{second.code}"')
    assert "Resolved" in rows
    assert 'id="findings-facets"' in rows
    assert lead.get(f"{LIST}rows?shown=nonsense").status_code == 400


def test_an_empty_list_teaches(db: None) -> None:
    client = visitor(institution_make(), Role.NOC)
    assert "Nothing is wrong" in seen(client, LIST)
    assert "nothing is ever deleted" in seen(client, f"{LIST}?status=resolved")


@pytest.mark.spec("L12")
def test_ack_in_the_row_draws_it_and_offers_to_take_it_back(home: Institution, lead: Client) -> None:
    code = finding(home).code
    row = pressed(lead, f"{LIST}{code}/ack", target=f"finding-{code}")
    assert row.lstrip().startswith(f'<li id="finding-{code}"')
    assert "Acknowledged" in row
    assert f'hx-post="{LIST}{code}/unack"' in row
    assert (finding(home).status, str(finding(home).acked_by)) == ("acked", "ana")
    answer = lead.post(f"{LIST}{code}/unack", headers={"HX-Request": "true", "HX-Target": "toast"})
    assert (answer["HX-Reswap"], answer["HX-Trigger"]) == ("none", "live:findings")
    assert finding(home).status == "open"


@pytest.mark.spec("L12", "L47")
def test_ack_on_its_page_keeps_the_note_and_draws_the_page(home: Institution, lead: Client) -> None:
    page = pressed(lead, f"{LIST}{finding(home).code}/ack", target="finding", note="on it")
    assert page.lstrip().startswith('<article id="finding"')
    assert "“on it”" in page
    assert "Take back" in page


def test_what_resolved_meanwhile_cannot_be_acknowledged(home: Institution, lead: Client, tmp_path: Path) -> None:
    (tmp_path / "disk.root").touch()
    ticked()
    answer = lead.post(f"{LIST}{finding(home).code}/ack", headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert "alert-danger" in answer.content.decode()


def test_many_are_acknowledged_each_with_its_entry_and_taken_back(home: Institution, lead: Client) -> None:
    codes = [str(finding(home).code), str(finding(home, "disk.report").code)]
    with institution_scope(home.pk):
        waiting = inbox_waiting(["A1"])
    toast = pressed(lead, f"{LIST}ack", selected=codes, note="known")
    assert "2 findings acknowledged." in toast
    with institution_scope(home.pk):
        assert Entry.objects.filter(kind="FINDING_ACKED").count() == 2
        assert set(Finding.objects.values_list("status", "ack_note")) == {("acked", "known")}
        assert inbox_waiting(["A1"]) == 0
    undo = toast.split('hx-post="')[1].split('"')[0]
    assert "2 findings are open again." in pressed(lead, undo)
    with institution_scope(home.pk):
        assert set(Finding.objects.values_list("status", flat=True)) == {"open"}
        assert inbox_waiting(["A1"]) == waiting


@pytest.mark.parametrize("codes", [[], ["nonsense"], [str(uuid4())] * 201])
def test_a_selection_that_is_none_changes_nothing(home: Institution, lead: Client, codes: list[str]) -> None:
    answer = lead.post(f"{LIST}ack", {"selected": codes}, headers={"HX-Request": "true"})
    assert answer.status_code in {400, 422}
    assert finding(home).status == "open"


@pytest.mark.spec("L42")
@pytest.mark.parametrize("role", [Role.NOC, Role.AUDITOR])
def test_who_only_reads_sees_no_buttons_and_is_refused(home: Institution, role: Role) -> None:
    client, code = visitor(home, role), finding(home).code
    for path in (LIST, f"{LIST}{code}/"):
        assert "/ack" not in seen(client, path).split("<details")[0]
    assert client.post(f"{LIST}{code}/ack").status_code == 403
    assert client.post(f"{LIST}{code}/unack").status_code == 403
    assert client.post(f"{LIST}ack", {"selected": [str(code)]}).status_code == 403
    assert finding(home).status == "open"


@pytest.mark.spec("L27", "L28", "L47")
def test_a_finding_shows_what_to_do_evidence_runs_runbook_and_its_entry(home: Institution, lead: Client) -> None:
    one = finding(home)
    page = seen(lead, f"{LIST}{one.code}/")
    with institution_scope(home.pk):
        entry_, run = Entry.objects.get(kind="FINDING_OPENED", case=one.code), Run.objects.get(scenario=one.scenario_id)
    assert "Used: " in page
    assert '<th scope="row">exists</th>' in page
    assert "<h1>Disks</h1>" in page
    assert f"/i/home/scenarios/runs/{run.code}/" in page
    assert f"#{entry_.seq}" in page
    assert entry_.hash in page
    assert one.fingerprint in page
    assert "Bad looks in a row: 1" in page
    assert f"/i/home/threads/{one.thread_code}/" in page
    assert "opened a finding: disk.root, check disk is down (critical)" in page
    assert f"/api/v1/agents/findings/{one.code}/ack" in page


def test_what_to_do_speaks_the_language_of_the_reader(home: Institution, lead: Client) -> None:
    lead.cookies["django_language"] = "pt-br"
    page = seen(lead, f"{LIST}{finding(home).code}/")
    assert "Em uso: " in page
    assert "Espaço em disco" in page


def test_a_finding_that_is_over_shows_the_runs_around_its_beginning(
    home: Institution, lead: Client, tmp_path: Path
) -> None:
    (tmp_path / "disk.root").touch()
    for _ in range(25):
        ticked()
    page = seen(lead, f"{LIST}{finding(home).code}/")
    assert "Runs around its beginning" in page
    assert "20 runs" in page
    assert "Resolved" in page
    assert "Bad looks" not in page


def test_the_page_of_a_finding_costs_the_same_whatever_happened(home: Institution, lead: Client) -> None:
    path = f"{LIST}{finding(home).code}/"
    few = cost(lead, path)
    for _ in range(3):
        ticked()
        pressed(lead, f"{path}ack", note="again")
        pressed(lead, f"{path}unack")
    assert cost(lead, path) <= few + 1  # the names of people


def test_a_parent_names_what_it_hides_and_a_child_its_cause(
    home: Institution, tmp_path: Path, settings: Settings
) -> None:
    child = broken(tmp_path, "disk.report", depends_on=["disk.root"])
    settings.REGISTRY.write_text(text(broken(tmp_path, "disk.root", severity="critical"), child))
    ticked()
    client = visitor(home, Role.NOC)
    parent = seen(client, f"{LIST}{finding(home).code}/")
    assert "Cannot be seen because of it" in parent
    assert "/i/home/scenarios/disk.report/" in parent
    page = seen(client, f"{LIST}{finding(home, 'disk.report').code}/")
    assert "It cannot be seen because of" in page
    assert f"/i/home/findings/{finding(home).code}/" in page
    rows = seen(client, LIST)
    assert "because of disk.root" in rows
    assert "hides 1 scenario" in rows


@pytest.mark.spec("L45")
def test_names_are_masked_for_noc(home: Institution, lead: Client) -> None:
    code = finding(home).code
    pressed(lead, f"{LIST}{code}/ack")
    noc = visitor(home, Role.NOC, username="watcher")
    for path in (f"{LIST}?status=all", f"{LIST}{code}/"):
        page = seen(noc, path)
        assert "a•••" in page
        assert ">ana<" not in page.replace("\n", "")
    assert "<strong>ana</strong>" in seen(visitor(home, Role.AUDITOR, username="reader"), f"{LIST}{code}/")


@pytest.mark.spec("V27")
def test_a_foreign_finding_is_not_there(home: Institution) -> None:
    code = finding(home).code
    stranger = visitor(institution_make("away"), Role.SUPER_ADMIN)
    assert stranger.get(f"/i/away/findings/{code}/").status_code == 404
    assert stranger.post(f"/i/away/findings/{code}/ack").status_code == 404
    assert "data-row " not in seen(stranger, f"/i/away/findings/rows?shown={code.hex}")
    assert "0 findings acknowledged." in pressed(stranger, "/i/away/findings/ack", selected=[str(code)])
    assert finding(home).status == "open"


def test_the_page_of_a_scenario_shows_its_findings(home: Institution, lead: Client) -> None:
    page = seen(lead, "/i/home/scenarios/disk.root/")
    assert f"/i/home/findings/{finding(home).code}/" in page
    assert str(finding(home, "disk.report").code) not in page


def test_a_finding_outlives_the_runs_that_showed_it(home: Institution, lead: Client) -> None:
    one = finding(home)
    with institution_scope(home.pk):
        run = Run.objects.get(scenario=one.scenario_id)
        run.delete()
    page = seen(lead, f"{LIST}{one.code}/")
    assert str(run.code) not in page
    assert "Used: " in page
