"""The pages of scenarios: the board, one scenario, one run, and what the buttons do."""

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from ledger.models import Entry
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution, User
from scenarios.models import Heartbeat, Run, Scenario
from tests.api.watching import ticked, watch
from tests.institutions.factories import institution_make, member_make
from tests.portal.visits import cost, pressed, seen, visitor
from tests.scenarios.registry.texts import beat, check, entry, text

LIST = "/i/home/scenarios/"


@pytest.fixture
def home(db: None, tmp_path: Path, settings: Settings) -> Institution:
    (tmp_path / "disk.root").touch()
    home = watch(tmp_path, settings, ["disk.root", "disk.report"])
    ticked()
    return home


@pytest.fixture
def lead(home: Institution) -> Client:
    return visitor(home, Role.OPS_LEAD)


@pytest.mark.spec("L11")
def test_the_board_shows_the_worst_first_with_strip_owner_and_times(lead: Client) -> None:
    page = seen(lead, LIST)
    assert page.index('id="scenario-disk.report"') < page.index('id="scenario-disk.root"')
    assert "Disk space" in page
    assert "A1 Pulso" in page
    assert 'aria-label="Last results: Down 1"' in page
    assert page.count("data-row ") == 2


@pytest.mark.spec("L11")
def test_filters_live_in_the_address_and_count(lead: Client) -> None:
    page = seen(lead, f"{LIST}?state=down")
    assert 'id="scenario-disk.report"' in page
    assert 'id="scenario-disk.root"' not in page
    assert "Down <b>1</b>" in page
    assert "OK <b>1</b>" in page
    assert 'id="scenario-disk.root"' not in seen(lead, f"{LIST}?q=report")
    assert "Nothing matches" in seen(lead, f"{LIST}?owner=A7")


def test_a_page_that_is_no_number_is_refused_by_name(lead: Client) -> None:
    assert "page must be a whole number" in seen(lead, f"{LIST}?page=x", status=422)
    assert "Nothing matches" in seen(lead, f"{LIST}?page=2")


def test_the_title_speaks_the_language_of_the_reader(lead: Client) -> None:
    lead.cookies["django_language"] = "pt-br"
    assert "Espaço em disco" in seen(lead, LIST)


def test_rows_come_again_in_the_order_in_which_they_are_shown(home: Institution, lead: Client, tmp_path: Path) -> None:
    (tmp_path / "disk.report").touch()
    ticked()
    rows = seen(lead, f"{LIST}rows?state=down&shown=disk.root,disk.report,no.such")
    assert rows.index('id="scenario-disk.root"') < rows.index('id="scenario-disk.report"')
    assert 'hx-swap-oob="true"' in rows
    assert "OK <b>2</b>" in rows
    assert "no.such" not in rows
    assert "?state=down&amp;shown=disk.root,disk.report" in rows


@pytest.mark.spec("L11")
def test_the_board_costs_the_same_for_two_and_for_forty(
    home: Institution, lead: Client, tmp_path: Path, settings: Settings
) -> None:
    few = cost(lead, LIST)
    watch(tmp_path, settings, [f"disk.{number}" for number in range(40)])
    for _ in range(3):
        ticked()
    assert cost(lead, LIST) == few <= 8
    assert cost(lead, f"{LIST}rows?shown=disk.1,disk.2") <= 8


def test_forty_more_than_a_page_are_reached_by_more(
    home: Institution, lead: Client, tmp_path: Path, settings: Settings
) -> None:
    watch(tmp_path, settings, [f"disk.{number:03}" for number in range(60)])
    ticked()
    first, second = seen(lead, LIST), seen(lead, f"{LIST}?page=2")
    assert (first.count("data-row "), second.count("data-row ")) == (50, 10)
    assert 'href="?page=2"' in first
    assert 'href="?page=1"' in second


def test_what_is_not_configured_says_what_it_needs(db: None, tmp_path: Path, settings: Settings) -> None:
    settings.REGISTRY_VARIABLES = {**settings.REGISTRY_VARIABLES, "PFSENSE_URL": ""}
    look = check(kind="http", conditions=[{"measure": "status", "op": "==", "value": 200}])
    home = watch(tmp_path, settings, ["fire.wall"], checks=[look | {"with": {"url": "${PFSENSE_URL}/"}}])
    ticked()
    client = visitor(home, Role.OPS_LEAD)
    for path in (LIST, f"{LIST}fire.wall/"):
        page = seen(client, path)
        assert "Not configured" in page
        assert "PFSENSE_URL" in page
        assert "fire.wall/run" not in page.split("<details")[0]


@pytest.mark.spec("L26")
def test_a_refused_registry_says_file_line_and_field_to_who_answers_for_it(
    home: Institution, tmp_path: Path, settings: Settings
) -> None:
    settings.REGISTRY.write_text(text(entry("disk.root", severity="huge")))
    line = settings.REGISTRY.read_text().split("severity")[0].count("\n") + 1
    ticked()
    root = visitor(home, Role.SUPER_ADMIN, username="root")
    User.objects.filter(username="root").update(is_superuser=True)
    page = seen(root, LIST)
    assert "The newest registry was refused" in page
    assert f"registry.yaml:{line}" in page
    assert "scenarios[0].severity" in page
    assert 'id="scenario-disk.report"' in page  # what was in force still is
    other = seen(visitor(home, Role.OPS_LEAD), LIST)
    assert "1 problem." in other
    assert "scenarios[0].severity" not in other


def test_an_empty_board_teaches(db: None, settings: Settings, tmp_path: Path) -> None:
    watch(tmp_path, settings, [])
    settings.REGISTRY.write_text("version: 1\nscenarios: []\n")
    ticked()
    page = seen(visitor(institution_make(), Role.NOC), LIST)
    assert "No scenarios yet" in page
    assert "registry.d" in page


@pytest.mark.spec("L14")
def test_run_now_draws_its_row_with_what_was_seen(home: Institution, lead: Client, tmp_path: Path) -> None:
    (tmp_path / "disk.report").touch()
    row = pressed(lead, f"{LIST}disk.report/run")
    assert 'id="scenario-disk.report"' in row
    assert 'aria-label="Last results: Down 1, OK 1"' in row or 'aria-label="Last results: OK 1, Down 1"' in row
    assert 'hx-swap-oob="innerHTML"' in row
    with institution_scope(home.pk):
        assert Run.objects.filter(scenario__name="disk.report", tick=None).count() == 1


@pytest.mark.spec("L14")
def test_run_now_on_its_page_draws_the_page(lead: Client) -> None:
    page = pressed(lead, f"{LIST}disk.report/run", target="scenario")
    assert page.lstrip().startswith('<article id="scenario"')
    assert page.count("<article") == 1


@pytest.mark.spec("L14", "L42")
@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.NOC, Role.AUDITOR])
def test_who_may_not_run_sees_no_button_and_is_refused(home: Institution, role: Role) -> None:
    client = visitor(home, role)
    assert "disk.report/run" not in seen(client, LIST)
    assert client.post(f"{LIST}disk.report/run").status_code == 403
    assert client.post(f"{LIST}disk.report/disable").status_code == 403
    with institution_scope(home.pk):
        assert not Run.objects.filter(tick=None).exists()
        assert Scenario.objects.filter(is_enabled=True).count() == 2


def test_disable_and_enable_are_written_down(home: Institution, lead: Client) -> None:
    row = pressed(lead, f"{LIST}disk.root/disable")
    assert "Disabled" in row
    assert "disk.root/run" not in row
    assert "Enable" in pressed(lead, f"{LIST}disk.root/disable", target="scenario")  # again: nothing more happens
    assert "disk.root/disable" in pressed(lead, f"{LIST}disk.root/enable")
    with institution_scope(home.pk):
        assert Entry.objects.filter(kind="SCENARIO_CHANGED").count() == 2


@pytest.mark.spec("L26", "L27")
def test_a_scenario_shows_its_definition_runs_and_runbook(lead: Client) -> None:
    page = seen(lead, f"{LIST}disk.report/")
    assert "file_age" in page
    assert "exists" in page
    assert "<h1>Disks</h1>" in page
    assert "1 bad look<" in page
    assert "/i/home/scenarios/runs/" in page
    assert "/api/v1/agents/scenarios/disk.report" in page


def test_what_a_check_sends_is_masked_and_a_runbook_brings_no_markup(
    db: None, tmp_path: Path, settings: Settings
) -> None:
    look = check(kind="tcp", conditions=[]) | {"with": {"host": "127.0.0.1", "port": 9, "send": "canary-in-send"}}
    book = "<script>alert(1)</script> [x](javascript:alert(2))"
    home = watch(tmp_path, settings, ["port.nine"], checks=[look], runbook=book)
    ticked()
    page = seen(visitor(home, Role.OPS_LEAD), f"{LIST}port.nine/")
    assert "canary-in-send" not in page
    assert "•••" in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page


@pytest.mark.spec("L27")
def test_parents_and_children_are_named_with_their_state(home: Institution, tmp_path: Path, settings: Settings) -> None:
    parent, child = entry("disk.report", down_after=1), entry("disk.child", depends_on=["disk.report"], down_after=1)
    for one in (parent, child):
        one["checks"] = [
            check(kind="file_age", conditions=[{"measure": "exists", "op": "==", "value": True}])
            | {"with": {"path": str(tmp_path / "nowhere")}}
        ]
    settings.REGISTRY.write_text(text(parent, child))
    ticked()
    client = visitor(home, Role.NOC)
    assert "Needed by" in seen(client, f"{LIST}disk.report/")
    page = seen(client, f"{LIST}disk.child/")
    assert "Depends on" in page
    assert "nobody is paged for it" in page


def test_the_runs_are_paged_and_the_page_costs_the_same(home: Institution, lead: Client) -> None:
    few = cost(lead, f"{LIST}disk.root/")
    for _ in range(24):
        ticked()
    assert cost(lead, f"{LIST}disk.root/") == few
    page = seen(lead, f"{LIST}disk.root/")
    assert page.count('id="run-') == 20
    older = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert seen(lead, older).count('id="run-') == 5


def test_a_run_shows_the_evidence_of_its_checks_and_its_neighbours(home: Institution, lead: Client) -> None:
    ticked()
    with institution_scope(home.pk):
        first, second = Run.objects.filter(scenario__name="disk.report").order_by("pk")
    page = seen(lead, f"{LIST}runs/{first.code}/")
    assert '<th scope="row">exists</th>' in page
    assert f"/i/home/scenarios/runs/{second.code}/" in page
    assert str(first.code) in page


def test_a_foreign_scenario_and_run_are_not_there(home: Institution, lead: Client) -> None:
    away = institution_make("away")
    member_make(away, Role.OPS_LEAD)
    with institution_scope(home.pk):
        code = Run.objects.values_list("code", flat=True)[0]
    stranger = visitor(away, Role.SUPER_ADMIN)
    assert stranger.get(f"/i/away/scenarios/runs/{code}/").status_code == 404
    assert stranger.get("/i/away/scenarios/disk.root/").status_code == 404
    assert stranger.post("/i/away/scenarios/disk.root/disable").status_code == 404
    assert "disk.root" not in seen(stranger, "/i/away/scenarios/")
    assert lead.get(f"{LIST}no.such/").status_code == 404


def test_the_address_of_a_heartbeat_is_for_those_who_may_write(db: None, tmp_path: Path, settings: Settings) -> None:
    home = watch(tmp_path, settings, ["night.job"], checks=[beat()])
    ticked()
    with institution_scope(home.pk):
        code = str(Heartbeat.objects.get().code)
    assert f"http://testserver/api/v1/heartbeats/{code}" in seen(visitor(home, Role.TECHNICIAN), f"{LIST}night.job/")
    assert code not in seen(visitor(home, Role.NOC), f"{LIST}night.job/")


@pytest.mark.spec("L42")
def test_the_board_is_not_for_everybody(home: Institution) -> None:
    assert visitor(home, Role.OWNER).get(LIST).status_code == 403
    assert Client().get(LIST)["Location"].startswith("/accounts/login/")
