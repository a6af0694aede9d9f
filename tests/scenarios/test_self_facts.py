"""What the portal knows of itself: measured, and left out when it cannot be known."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from ledger.services import checkpoint_sign, ledger_verify
from ledger.services.stop import chain_stop
from opsportal.institutions.models import Institution
from scenarios.facts import facts_at
from scenarios.models import RegistryVersion, Tick, TickLease
from scenarios.probes.kinds import probe_for
from scenarios.self_facts import watch_facts
from tests.institutions.factories import institution_make

NOW = datetime(2026, 6, 20, 3, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def test_before_the_first_tick_its_age_is_not_known() -> None:
    facts = watch_facts(NOW)
    assert "tick_age_seconds" not in facts
    assert (facts["tick_late_seconds"], facts["registry_problems"], facts["ledger_broken"]) == (0, 0, False)


def test_the_last_tick_that_ended_counts() -> None:
    started = NOW - timedelta(minutes=5)
    ended = {"status": Tick.Status.COMPLETED, "started_at": started, "finished_at": started + timedelta(seconds=12)}
    Tick.objects.create(trigger=Tick.Trigger.TICKER, fence=1, registry_digest="0" * 64, **ended)
    Tick.objects.create(trigger=Tick.Trigger.TICKER, fence=2, registry_digest="0" * 64, started_at=NOW)
    facts = watch_facts(NOW)
    assert (facts["tick_age_seconds"], facts["tick_duration_seconds"]) == (288, 12)


def test_a_tick_that_does_not_begin_is_late() -> None:
    TickLease.objects.create(pk=1, next_due_at=NOW - timedelta(hours=1))
    assert watch_facts(NOW)["tick_late_seconds"] == 3600 - 150


def test_a_refused_registry_shows() -> None:
    problem = {"file": "a.yaml", "line": 3, "path": "", "message": "x"}
    RegistryVersion.objects.create(digest="0" * 64, text="", problems=[problem, problem])
    assert watch_facts(NOW)["registry_problems"] == 2


def test_a_ledger_that_was_never_proven_counts_from_its_beginning() -> None:
    institution = institution_make("acme")
    facts = watch_facts(institution.created_at + timedelta(hours=2))
    assert (facts["ledger_verified_age_seconds"], facts["checkpoint_age_seconds"]) == (7200, 7200)
    assert not facts["ledger_broken"]


def test_of_several_ledgers_the_oldest_proof_counts(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    settings.CHECKPOINT_KEY_FILE = str(tmp_path / "keys" / "checkpoint.key")
    proven, quiet = institution_make("acme"), institution_make("beta")
    long_ago = timezone.now() - timedelta(days=2)
    Institution.objects.update(created_at=long_ago)
    for institution in (proven, quiet):
        ledger_verify(institution.pk)
        checkpoint_sign(institution.pk)
    facts = watch_facts(timezone.now())
    assert 0 <= facts["ledger_verified_age_seconds"] < 60
    assert 0 <= facts["checkpoint_age_seconds"] < 60
    institution_make("later")
    Institution.objects.filter(slug="later").update(created_at=long_ago)
    assert watch_facts(timezone.now())["checkpoint_age_seconds"] > 172_000


def test_a_ledger_that_was_stopped_shows() -> None:
    institution = institution_make("acme")
    chain_stop(institution.pk)
    assert watch_facts(NOW)["ledger_broken"]


def test_the_database_is_asked() -> None:
    facts = watch_facts(timezone.now())
    assert 100_000 < facts["database_bytes"] < 1_000_000_000
    assert 0 <= facts["clock_skew_seconds"] < 1


def test_every_fact_is_a_measure_of_the_self_probe() -> None:
    assert set(facts_at(timezone.now())) <= {measure.name for measure in probe_for("self").MEASURES}
