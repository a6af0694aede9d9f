"""Loading the registry: what is valid counts at once, what is not is kept and changes nothing."""

from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from ledger.models import Entry
from opsportal.core.actor import SYSTEM
from opsportal.core.scope import institution_scope
from opsportal.institutions.models import Institution
from scenarios.models import CheckState, Heartbeat, ProbeState, RegistryVersion, Scenario
from scenarios.registry import registry_active, registry_problems
from scenarios.registry.selectors import EMPTY
from scenarios.registry.services import registry_sync
from tests.scenarios.registry.texts import beat, check, entry, text

BAD = text(entry("Bad"))


def written(path: Path, *entries: dict[str, Any]) -> RegistryVersion:
    path.write_text(text(*entries), encoding="utf-8")
    return registry_sync(actor=SYSTEM)


def rows(institution: Institution) -> dict[str, bool]:
    with institution_scope(institution.pk):
        return dict(Scenario.objects.values_list("name", "is_retired"))


def entries_of(institution: Institution) -> list[tuple[str, str]]:
    with institution_scope(institution.pk):
        return list(Entry.objects.order_by("seq").values_list("kind", "subject"))


def test_before_the_first_load_nothing_is_watched(system: Institution) -> None:
    assert registry_active() == EMPTY
    assert registry_problems() == []
    assert len(EMPTY.digest) == 64


@pytest.mark.spec("L26")
def test_a_new_file_is_active_at_once_and_in_the_ledger(main: Path, home: Institution, system: Institution) -> None:
    version = registry_sync(actor=SYSTEM)
    assert version.is_accepted
    assert (version.scenario_count, list(registry_active().scenarios)) == (1, ["host.disk"])
    assert registry_active().digest == version.digest
    assert rows(home) == {"host.disk": False}
    assert entries_of(system) == [("REGISTRY_LOADED", f"registryversion:{version.code}")]
    assert entries_of(home) == []


@pytest.mark.spec("L26")
def test_adding_a_scenario_needs_no_code(main: Path, home: Institution) -> None:
    registry_sync(actor=SYSTEM)
    (main.parent / "registry.d" / "ours.yaml").write_text(text(entry("ours.disk")), encoding="utf-8")
    version = registry_sync(actor=SYSTEM)
    assert list(registry_active().scenarios) == ["host.disk", "ours.disk"]
    assert rows(home) == {"host.disk": False, "ours.disk": False}
    assert version.text.count("# file ") == 2


def test_what_has_not_changed_is_not_loaded_again(
    main: Path, home: Institution, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = registry_sync(actor=SYSTEM)
    with django_assert_num_queries(1):
        assert registry_sync(actor=SYSTEM) == first
    registry_active()
    with django_assert_num_queries(1):
        registry_active()


@pytest.mark.spec("L26")
def test_a_bad_edit_leaves_the_old_registry_active_and_says_so(
    main: Path, home: Institution, system: Institution
) -> None:
    good = registry_sync(actor=SYSTEM)
    main.write_text(BAD)
    bad = registry_sync(actor=SYSTEM)
    assert not bad.is_accepted
    assert bad.problems[0] == {
        "file": "registry.yaml",
        "line": 3,
        "path": "scenarios[0].id",
        "message": "must be lower-case words joined by single . _ or -",
    }
    assert str(registry_problems()[0]).startswith("registry.yaml:3: scenarios[0].id: must be")
    assert registry_active().digest == good.digest
    assert rows(home) == {"host.disk": False}
    assert entries_of(system)[1:] == [("REGISTRY_REJECTED", f"registryversion:{bad.code}")]


def test_a_refused_text_is_stored_once(main: Path, home: Institution, system: Institution) -> None:
    main.write_text(BAD)
    first = registry_sync(actor=SYSTEM)
    assert registry_sync(actor=SYSTEM) == first
    assert RegistryVersion.objects.get() == first
    assert len(entries_of(system)) == 1


def test_a_mended_file_is_loaded_and_the_complaint_is_gone(main: Path, home: Institution) -> None:
    good = main.read_text()
    registry_sync(actor=SYSTEM)
    main.write_text(BAD)
    registry_sync(actor=SYSTEM)
    main.write_text(good)
    assert registry_sync(actor=SYSTEM).is_accepted
    assert registry_problems() == []
    assert RegistryVersion.objects.count() == 3


@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b"version: 1\nscenarios: []\n# caf\xe9\n"),
        lambda path: path.write_bytes(b"version: 1\n\0"),
    ],
    ids=["gone", "not UTF-8", "NUL"],
)
def test_a_file_that_cannot_be_read_is_a_bad_edit(main: Path, home: Institution, write: Any) -> None:
    good = registry_sync(actor=SYSTEM)
    write(main)
    assert not registry_sync(actor=SYSTEM).is_accepted
    assert registry_sync(actor=SYSTEM).problems[0]["file"] == "registry.yaml"
    assert registry_active().digest == good.digest
    assert RegistryVersion.objects.count() == 2


def test_an_institution_that_is_not_there_is_a_problem_until_it_is(main: Path, home: Institution) -> None:
    assert not written(main, entry(institution="acme")).is_accepted
    acme = Institution.objects.create(slug="acme", name="Acme")
    assert registry_sync(actor=SYSTEM).is_accepted
    assert rows(acme) == {"host.disk": False}
    assert rows(home) == {}


def test_what_leaves_the_registry_is_retired_and_can_come_back(main: Path, home: Institution) -> None:
    written(main, entry("a"), entry("b"))
    with institution_scope(home.pk):
        Scenario.objects.filter(name="a").update(state=ProbeState.DOWN, reason="timeout", is_enabled=False)
        CheckState.objects.create(institution=home, scenario=Scenario.objects.get(name="a"), check_name="disk", bad=2)
    written(main, entry("b"))
    assert rows(home) == {"a": True, "b": False}
    with institution_scope(home.pk):
        assert not CheckState.objects.exists()
    written(main, entry("a"), entry("b"))
    assert rows(home) == {"a": False, "b": False}
    with institution_scope(home.pk):
        back = Scenario.objects.get(name="a")
    assert (back.state, back.reason, back.is_enabled) == (ProbeState.UNKNOWN, "", False)


def test_a_scenario_that_moves_to_another_institution_is_retired_in_the_first(main: Path, home: Institution) -> None:
    acme = Institution.objects.create(slug="acme", name="Acme")
    written(main, entry("a"))
    written(main, entry("a", institution="acme"))
    assert (rows(home), rows(acme)) == ({"a": True}, {"a": False})


def test_what_is_not_configured_says_so_from_the_start(main: Path, home: Institution, settings: Settings) -> None:
    settings.REGISTRY_VARIABLES = {"VM123_IP": ""}
    written(main, entry("a", checks=[beat(name="${VM123_IP}")]))
    with institution_scope(home.pk):
        assert Scenario.objects.get().state == ProbeState.NOT_CONFIGURED
        assert not Heartbeat.objects.exists()
    assert registry_active().scenarios["a"].missing == ("VM123_IP",)
    settings.REGISTRY_VARIABLES = {"VM123_IP": "nightly"}
    assert registry_active().scenarios["a"].is_configured


def test_a_change_makes_everything_due(main: Path, home: Institution) -> None:
    written(main, entry("a"))
    with institution_scope(home.pk):
        Scenario.objects.update(next_due_at="2100-01-01T00:00:00Z")
    written(main, entry("a", severity="low"))
    with institution_scope(home.pk):
        assert Scenario.objects.get().next_due_at is None


def test_each_heartbeat_gets_one_ear_whose_secret_is_not_in_the_ledger(main: Path, home: Institution) -> None:
    checks = [beat(), beat() | {"name": "again"}, beat(name="weekly") | {"name": "weekly"}]
    written(main, entry(checks=checks))
    written(main, entry(checks=[*checks, check()]))
    with institution_scope(home.pk):
        ears = list(Heartbeat.objects.order_by("name"))
        bodies = "".join(Entry.objects.values_list("body", flat=True))
    assert [ear.name for ear in ears] == ["nightly", "weekly"]
    assert entries_of(home) == [("HEARTBEAT_CREATED", "heartbeat:nightly"), ("HEARTBEAT_CREATED", "heartbeat:weekly")]
    assert not any(str(ear.code) in bodies for ear in ears)


def test_a_secret_stays_out_of_what_is_stored(main: Path, home: Institution, settings: Settings) -> None:
    settings.REGISTRY_SECRETS = {"PVE_API_TOKEN": "c4nary"}
    version = written(main, entry(checks=[beat(name="${secret:PVE_API_TOKEN}", interval_seconds="${X}")]))
    assert "c4nary" not in version.text + str(version.problems)


def test_a_text_that_this_release_cannot_read_whole_goes_on_with_the_rest(main: Path, home: Institution) -> None:
    version = written(main, entry("a"), entry("b"))
    RegistryVersion.objects.filter(pk=version.pk).update(
        text=version.text.replace("- id: b\n", "- ib: b\n"), digest="0" * 64
    )
    assert list(registry_active().scenarios) == ["a"]
    assert "id is missing" in str(registry_problems())
