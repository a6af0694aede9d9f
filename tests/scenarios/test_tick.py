"""The tick: one door service, single flight, three steps, and what happens when it dies."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from findings.models import Finding
from ledger.models import Entry
from opsportal.core.actor import TICKER
from opsportal.core.errors import ConflictError
from opsportal.core.scope import institution_scope
from opsportal.institutions.models import Institution
from scenarios.bulk import runs_digest
from scenarios.models import Run, Scenario, Tick, TickLease
from scenarios.probes.base import Look
from scenarios.probes.running import looks_sync
from scenarios.services import tick_run
from scenarios.services.lease import lease_guard, lease_take
from tests.ledger.factories import chain
from tests.scenarios.registry.texts import check, entry, text

LOOKS = "scenarios.services.tick.looks_sync"


@pytest.fixture
def installation(db: None, tmp_path: Path, settings: Settings) -> Institution:
    """Home and the system's institution, and a registry that watches one file in ``tmp_path``."""
    settings.REGISTRY = tmp_path / "registry.yaml"
    settings.REGISTRY_DIR = tmp_path / "registry.d"
    settings.REGISTRY.write_text(text(watched_file("disk.report", tmp_path / "report")))
    for slug in ("system", "home"):
        chain(institution_id=Institution.objects.create(slug=slug, name=slug, is_system=slug == "system").pk)
    return Institution.objects.get(slug="home")


def watched_file(name: str, path: Path, **changes: Any) -> dict[str, Any]:
    condition = {"measure": "exists", "op": "==", "value": True}
    looks = [check(kind="file_age", conditions=[condition]) | {"with": {"path": str(path)}}]
    return entry(name, checks=looks, **({"down_after": 1, "up_after": 1} | changes))


def ticked(*, everything: bool = True) -> dict[str, str]:
    result = tick_run(trigger=Tick.Trigger.COMMAND, actor=TICKER, everything=everything)
    return {run.scenario_id: run.status for run in result.runs}


def kinds(slug: str) -> list[str]:
    with institution_scope(Institution.objects.get(slug=slug).pk):
        return list(Entry.objects.order_by("seq").values_list("kind", flat=True))


@pytest.mark.spec("L11", "L26", "L32", "L33")
def test_what_breaks_is_found_and_what_mends_resolves(installation: Institution, tmp_path: Path) -> None:
    assert ticked() == {"disk.report": "down"}
    with institution_scope(installation.pk):
        assert Finding.objects.get().status == "open"
        assert Scenario.objects.get().state == "down"
    (tmp_path / "report").touch()
    assert ticked() == {"disk.report": "ok"}
    with institution_scope(installation.pk):
        assert Finding.objects.get().status == "resolved"
    assert kinds("home") == ["FINDING_OPENED", "TICK_COMPLETED", "FINDING_RESOLVED", "TICK_COMPLETED"]
    assert kinds("system") == ["REGISTRY_LOADED", "TICK_ENDED", "TICK_ENDED"]
    assert list(Tick.objects.values_list("status", "run_count", "failing_count")) == [
        ("completed", 1, 0),
        ("completed", 1, 1),
    ]


def test_the_entry_of_a_tick_proves_its_runs(installation: Institution) -> None:
    ticked()
    with institution_scope(installation.pk):
        proved = Entry.objects.get(kind="TICK_COMPLETED").body
        assert f'"runs":"{runs_digest(Run.objects.select_related("scenario"))}"' in proved
        Run.objects.update(state="ok")
        assert f'"runs":"{runs_digest(Run.objects.select_related("scenario"))}"' not in proved


def test_only_what_is_due_is_looked_at(installation: Institution, tmp_path: Path, settings: Settings) -> None:
    slow = watched_file("disk.slow", tmp_path / "slow", interval_seconds=3600)
    settings.REGISTRY.write_text(text(watched_file("disk.report", tmp_path / "report"), slow))
    assert set(ticked(everything=False)) == {"disk.report", "disk.slow"}
    assert ticked(everything=False) == {}
    with institution_scope(installation.pk):
        Scenario.objects.filter(name="disk.report").update(next_due_at=timezone.now())
    assert set(ticked(everything=False)) == {"disk.report"}
    assert set(ticked(everything=True)) == {"disk.report", "disk.slow"}


def test_the_next_tick_is_due_when_the_earliest_scenario_is(
    installation: Institution, tmp_path: Path, settings: Settings
) -> None:
    quick = watched_file("disk.quick", tmp_path / "quick", interval_seconds=30)
    settings.REGISTRY.write_text(text(watched_file("disk.report", tmp_path / "report"), quick))
    ticked()
    started, due = Tick.objects.get().started_at, TickLease.objects.get().next_due_at
    assert due == started + timedelta(seconds=30)


@pytest.mark.spec("L32")
def test_a_second_tick_is_refused_while_one_runs(installation: Institution) -> None:
    lease_take(at=timezone.now())
    with pytest.raises(ConflictError) as refusal:
        ticked()
    assert refusal.value.code == "TICK_RUNNING"
    assert Tick.objects.count() == 0


def test_a_tick_that_died_is_noticed_and_the_next_one_goes_on(installation: Institution) -> None:
    lease = lease_take(at=timezone.now() - timedelta(hours=1))
    Tick.objects.create(trigger="ticker", fence=lease.fence, registry_digest="0" * 64, started_at=timezone.now())
    assert ticked() == {"disk.report": "down"}
    assert [row.status for row in Tick.objects.order_by("fence")] == ["crashed", "completed"]
    assert kinds("system") == ["REGISTRY_LOADED", "TICK_CRASHED", "TICK_ENDED"]


def test_a_tick_that_was_overtaken_writes_nothing(installation: Institution, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*args: Any, **options: Any) -> list[Look]:
        TickLease.objects.update(expires_at=timezone.now())
        lease_take(at=timezone.now() + timedelta(seconds=1))
        return looks_sync(*args, **options)

    monkeypatch.setattr(LOOKS, slow)
    result = tick_run(trigger=Tick.Trigger.COMMAND, actor=TICKER, everything=True)
    assert result.runs == ()
    with institution_scope(installation.pk):
        assert (Run.objects.count(), Finding.objects.count(), Entry.objects.count()) == (0, 0, 0)
    assert TickLease.objects.get().expires_at is not None, "the lease belongs to the one that overtook"
    with pytest.raises(ConflictError):
        lease_guard(result.tick.fence)


def test_a_late_tick_says_so_in_the_ledger_and_in_its_facts(installation: Institution) -> None:
    ticked()
    TickLease.objects.update(next_due_at=timezone.now() - timedelta(hours=2))
    tick_run(trigger=Tick.Trigger.TICKER, actor=TICKER, everything=True)
    assert kinds("system").count("TICK_LATE") == 1


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_it_looks(installation: Institution, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def watching(*args: Any, **options: Any) -> list[Look]:
        seen.append(connection.in_atomic_block)
        return looks_sync(*args, **options)

    monkeypatch.setattr(LOOKS, watching)
    ticked()
    assert seen == [False]


def test_a_bad_edit_of_the_registry_changes_nothing_of_what_is_watched(
    installation: Institution, settings: Settings
) -> None:
    ticked()
    settings.REGISTRY.write_text("scenarios: [")
    assert ticked() == {"disk.report": "down"}
    assert "REGISTRY_REJECTED" in kinds("system")


def test_institutions_do_not_mix(installation: Institution, tmp_path: Path, settings: Settings) -> None:
    other = Institution.objects.create(slug="other", name="Other")
    chain(institution_id=other.pk)
    settings.REGISTRY.write_text(
        text(watched_file("a.file", tmp_path / "a"), watched_file("b.file", tmp_path / "b", institution="other"))
    )
    ticked()
    for institution, name in ((installation, "a.file"), (other, "b.file")):
        with institution_scope(institution.pk):
            assert [finding.scenario.name for finding in Finding.objects.select_related("scenario")] == [name]
            assert [run.scenario.name for run in Run.objects.select_related("scenario")] == [name]
            assert Entry.objects.filter(kind="TICK_COMPLETED").count() == 1
