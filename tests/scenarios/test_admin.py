"""What is watched, in the admin: looked at by members, switched and run through the services."""

import json
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings

from ledger.selectors import entries_since, head
from opsportal.core.actor import SYSTEM
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.admin_rows import CappedPaginator
from opsportal.institutions.models import Institution
from scenarios.models import CheckState, Heartbeat, RegistryVersion, Run, Scenario, Tick, TickLease
from scenarios.registry.services import registry_sync
from tests.institutions.admin_pages import (
    Model,
    act,
    assert_reads_only,
    assert_refused,
    assert_shows_here_only,
    browser,
    fill_both,
    list_url,
    master_of,
    queries_of,
    row_url,
)
from tests.institutions.factories import institution_make, member_make, system_make
from tests.scenarios.registry.texts import entry, text

pytestmark = [pytest.mark.django_db, pytest.mark.spec("L42")]
OF_INSTITUTIONS = [Scenario, Run, CheckState, Heartbeat]
OF_THE_INSTALLATION = [Tick, TickLease, RegistryVersion]


@pytest.fixture
def system(db: None) -> Institution:
    """The installation's own institution, with a round and a registry."""
    now = timezone.now()
    Tick.objects.create(fence=1, started_at=now, registry_digest="ab" * 32, trigger="ticker")
    TickLease.objects.get_or_create(pk=1)
    RegistryVersion.objects.create(digest="ab" * 32, text="a text", problems=[])
    RegistryVersion.objects.create(digest="cd" * 32, text="another", problems=[{"line": 1}])
    return system_make()


@pytest.fixture
def home(db: None) -> Institution:
    """An institution with a ledger."""
    return institution_make("home")


@pytest.fixture
def full(home: Institution) -> Institution:
    """An institution and another one, with something of everything in both."""
    for institution, name in ((fill_both(home), "zanzibarian"), (home, "ours")):
        with institution_scope(institution.pk):
            CheckState.objects.create(institution=institution, scenario=Scenario.objects.get(), check_name=name)
    return home


@pytest.fixture
def watched(home: Institution, tmp_path: Path, settings: Settings) -> Scenario:
    """A scenario of home that the registry holds and that can really be run: the disk of this machine."""
    system_make()
    settings.REGISTRY = tmp_path / "registry.yaml"
    settings.REGISTRY.write_text(text(entry(institution="home")), encoding="utf-8")
    settings.REGISTRY_DIR = tmp_path / "registry.d"
    registry_sync(actor=SYSTEM)
    with institution_scope(home.pk):
        return Scenario.objects.get()


@pytest.mark.spec("V27")
@pytest.mark.parametrize("model", OF_INSTITUTIONS)
def test_lists_and_rows_open_and_show_the_institution_only(model: Model, full: Institution) -> None:
    assert_shows_here_only(master_of(full), model, full, institution_make("away"))


@pytest.mark.spec("V27")
@pytest.mark.parametrize("model", OF_THE_INSTALLATION)
def test_what_is_the_installations_is_shown_in_its_own_institution_only(
    model: Model, system: Institution, home: Institution
) -> None:
    master = master_of(system)
    assert master.get(list_url(model)).status_code == 200
    assert master.get(row_url(model, system)).status_code == 200
    assert_refused(master_of(home, is_superuser=True), list_url(model), row_url(model, system))


@pytest.mark.parametrize("model", OF_INSTITUTIONS)
def test_nothing_is_added_changed_or_deleted_even_by_a_superuser(model: Model, full: Institution) -> None:
    assert_reads_only(master_of(full, is_superuser=True), model, full)


@pytest.mark.parametrize("model", OF_THE_INSTALLATION)
def test_nor_is_what_belongs_to_the_installation(model: Model, system: Institution) -> None:
    assert_reads_only(master_of(system, is_superuser=True), model, system)


@pytest.mark.parametrize("model", OF_INSTITUTIONS)
@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.OWNER])
def test_it_takes_the_admin_and_the_right_to_read(model: Model, role: Role, full: Institution) -> None:
    assert_refused(browser(member_make(full, role).user), list_url(model), row_url(model, full))


def test_scenarios_are_switched_off_and_on(watched: Scenario, home: Institution) -> None:
    master, seq = master_of(home), head(home.pk).seq
    assert "Not watched: 1" in act(master, "disable", watched)
    watched.refresh_from_db()
    assert not watched.is_enabled
    assert "Watched: 1" in act(master, "enable", watched)
    entries = [json.loads(entry.body) for entry in entries_since(home.pk, seq, 10)]
    assert [(entry["kind"], entry["data"]["is_enabled"]) for entry in entries] == [
        ("SCENARIO_CHANGED", False),
        ("SCENARIO_CHANGED", True),
    ]


def test_a_scenario_is_run_now(watched: Scenario, home: Institution) -> None:
    master, seq = master_of(home), head(home.pk).seq
    assert "Run: 1" in act(master, "run", watched)
    with institution_scope(home.pk):
        run = Run.objects.get()
    assert (run.scenario_id, run.tick_id) == (watched.pk, None)
    [entered] = [entry for entry in entries_since(home.pk, seq, 10) if entry.kind == "RUN_COMPLETED"]
    assert str(run.code) in entered.body
    assert "By hand" in master.get(row_url(Run, home)).content.decode()


def test_one_that_is_disabled_is_not_run_and_that_is_told(watched: Scenario, home: Institution) -> None:
    master = master_of(home)
    act(master, "disable", watched)
    assert "is disabled. Enable it first." in act(master, "run", watched)
    with institution_scope(home.pk):
        assert not Run.objects.exists()


def test_only_a_few_are_run_while_the_browser_waits(home: Institution) -> None:
    with institution_scope(home.pk):
        rows = [Scenario.objects.create(institution=home, name=f"disk.{number}") for number in range(6)]
    assert "Choose at most 5 to run." in act(master_of(home), "run", *rows)
    with institution_scope(home.pk):
        assert not Run.objects.exists()


def test_an_auditor_is_offered_no_action(watched: Scenario, home: Institution) -> None:
    auditor = browser(member_make(home, Role.AUDITOR).user)
    page = auditor.get(list_url(Scenario)).content.decode()
    assert watched.name in page
    assert 'name="action"' not in page
    act(auditor, "disable", watched)
    watched.refresh_from_db()
    assert watched.is_enabled


@pytest.mark.spec("V27")
def test_scenarios_of_another_institution_are_not_acted_upon(watched: Scenario) -> None:
    act(master_of(institution_make("away")), "disable", watched)
    watched.refresh_from_db()
    assert watched.is_enabled


@pytest.mark.spec("V28")
def test_the_secret_of_a_heartbeat_is_not_shown(full: Institution) -> None:
    master = master_of(full)
    with institution_scope(full.pk):
        code = str(Heartbeat.objects.get().code)
    for path in (list_url(Heartbeat), row_url(Heartbeat, full)):
        assert code not in master.get(path).content.decode()


def test_refused_registry_texts_are_found(system: Institution) -> None:
    master = master_of(system)
    for accepted, shown in (("yes", (True, False)), ("no", (False, True))):
        page = master.get(list_url(RegistryVersion), {"accepted": accepted}).content.decode()
        assert ("ab" * 6 in page, "cd" * 6 in page) == shown


def grow_scenarios(home: Institution, tick: Tick) -> None:
    for number in range(40):
        row = Scenario.objects.create(institution=home, name=f"disk.{number}")
        CheckState.objects.create(institution=home, scenario=row, check_name="root")
        Heartbeat.objects.create(institution=home, name=f"beat-{number}")
        Run.objects.create(
            institution=home, scenario=row, tick=tick, state="ok", started_at=timezone.now(), duration_ms=1
        )


@pytest.mark.parametrize("model", OF_INSTITUTIONS)
def test_a_long_list_costs_as_many_queries_as_a_short_one(model: Model, full: Institution, system: Institution) -> None:
    master = master_of(full)
    few = queries_of(master, list_url(model))
    with institution_scope(full.pk):
        grow_scenarios(full, Tick.objects.get())
    assert queries_of(master, list_url(model)) == few


def test_rounds_and_registries_cost_no_more_when_there_are_many(system: Institution) -> None:
    master = master_of(system)
    few = [queries_of(master, list_url(model)) for model in OF_THE_INSTALLATION]
    now = timezone.now()
    for number in range(2, 40):
        Tick.objects.create(fence=number, started_at=now, registry_digest="ab" * 32, trigger="ticker", status="crashed")
        RegistryVersion.objects.create(digest=uuid4().hex, text="a text")
    assert [queries_of(master, list_url(model)) for model in OF_THE_INSTALLATION] == few


def test_a_huge_list_is_counted_to_a_limit_only(full: Institution, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CappedPaginator, "CAP", 60)
    with institution_scope(full.pk):
        for number in range(70):
            Scenario.objects.create(institution=full, name=f"disk.{number:02}")
        assert CappedPaginator(Scenario.objects.order_by("name"), 50).count == 60
    page = master_of(full).get(f"{list_url(Scenario)}?p=2").content.decode()
    assert ("disk.55" in page, "disk.65" in page) == (True, False)
