"""Health, heartbeats and the internal tick: the addresses without a member."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine
from django.core.cache import cache
from django.utils import timezone
from pytest_django import Settings

from ledger.models import Entry
from opsportal.core.scope import institution_scope
from opsportal.institutions.models import Institution
from scenarios.models import Heartbeat, Scenario, Tick
from scenarios.services.lease import lease_take
from tests.api.callers import Answer, anonymous
from tests.api.watching import ticked, watch
from tests.scenarios.registry.shipped import NINE, configuration, spec029_text
from tests.scenarios.registry.texts import beat

TOKEN = {"X-Ops-Internal-Token": "only-for-tests-internal"}


@pytest.fixture(autouse=True)
def nobody_failed_yet() -> None:
    cache.clear()


@pytest.fixture
def home(db: None, tmp_path: Path, settings: Settings) -> Institution:
    return watch(tmp_path, settings, NINE)


def tick(**headers: str) -> Answer:
    return anonymous("internal/tick", method="POST", **headers)


@pytest.mark.spec("L10", "L30")
def test_health_is_public_and_tells_nothing_internal(home: Institution, tmp_path: Path) -> None:
    assert anonymous("health").json == {
        "status": "starting",
        "tier": "t0",
        "ollama": False,
        "model": None,
        "embed_model": None,
        "last_tick_at": None,
    }
    (tmp_path / "ollama.vm123.health").touch()
    ticked()
    answer = anonymous("health").json
    assert (answer["status"], answer["ollama"]) == ("ok", True)
    assert answer["last_tick_at"].endswith("Z")


def test_health_says_when_the_next_round_is_overdue(home: Institution) -> None:
    ticked()
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
        assert anonymous("health").json["status"] == "degraded"


def test_health_of_a_database_with_nothing_in_it(db: None) -> None:
    assert anonymous("health").json["status"] == "starting"


@pytest.mark.spec("L16", "L38")
def test_the_seeds_two_curl_commands_work(home: Institution) -> None:
    assert anonymous("health").status == 200
    answer = tick(**TOKEN)
    assert answer.status == 200
    assert (answer.json["ok"], answer.json["kb_indexed"], answer.json["total"]) == (True, 0, 9)
    assert [run["scenario_id"] for run in answer.json["runs"]] == sorted(NINE)
    assert {(run["ok"], run["status"], run["findings_count"]) for run in answer.json["runs"]} == {(False, "down", 1)}
    assert str(Tick.objects.get().code) == answer.json["tick_id"]
    with institution_scope(home.pk):
        assert Entry.objects.get(kind="TICK_COMPLETED").actor == "tick-endpoint"


@pytest.mark.spec("L16")
def test_the_shipped_nine_alone_are_nine_runs_and_none_alarms_while_nothing_is_configured(
    home: Institution, settings: Settings
) -> None:
    settings.REGISTRY.write_text(spec029_text())
    settings.REGISTRY_VARIABLES = dict(configuration().variables)
    settings.REGISTRY_SECRETS = dict.fromkeys(settings.REGISTRY_SECRETS, "")
    answer = tick(**TOKEN).json
    assert (answer["total"], sorted(run["scenario_id"] for run in answer["runs"])) == (9, sorted(NINE))
    assert {(run["ok"], run["status"], run["findings_count"]) for run in answer["runs"]} == {
        (True, "not_configured", 0)
    }


def test_disabled_scenarios_are_left_out(home: Institution) -> None:
    ticked()
    with institution_scope(home.pk):
        Scenario.objects.filter(name=NINE[0]).update(is_enabled=False)
    assert tick(**TOKEN).json["total"] == 8


@pytest.mark.spec("L16")
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Ops-Internal-Token": ""},
        {"X-Ops-Internal-Token": "only-for-tests-interna"},
        {"X-Ops-Internal-Token": "ÿé"},
        {"Authorization": "Bearer only-for-tests-internal"},
    ],
)
def test_a_missing_or_wrong_token_is_refused_and_nothing_runs(
    home: Institution, headers: dict[str, str], settings: Settings
) -> None:
    assert tick(**headers).refusal == (401, "INTERNAL_TOKEN_INVALID", [])
    settings.INTERNAL_TOKEN = ""
    assert tick(**headers).status == 401
    assert not Tick.objects.exists()


@pytest.mark.spec("L32")
def test_a_second_round_at_once_is_refused(home: Institution) -> None:
    lease_take(at=timezone.now())
    assert tick(**TOKEN).refusal == (409, "TICK_RUNNING", [])


def test_who_guesses_has_to_wait(home: Institution) -> None:
    with time_machine.travel("2026-05-01T12:00:48Z", tick=False):
        for _ in range(10):
            assert tick(REMOTE="x").status == 401
        answer = tick(**TOKEN)
        assert answer.refusal == (429, "THROTTLED", [])
        assert answer.response.headers["Retry-After"] == "12"
    with time_machine.travel("2026-05-01T12:01:00Z", tick=False):
        assert tick(**TOKEN).status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("accept", ["*/*", "text/html"])
def test_a_heartbeat_is_heard_from_every_client(
    db: None, tmp_path: Path, settings: Settings, method: str, accept: str
) -> None:
    home = watch(tmp_path, settings, ["night.job"], checks=[beat()])
    ticked()
    with institution_scope(home.pk):
        code = Heartbeat.objects.get().code
        answer = anonymous(f"/api/v1/heartbeats/{code}", method=method, Accept=accept)
        assert (answer.status, answer.response.content) == (204, b"")
        assert Heartbeat.objects.get().last_ping_at is not None


def test_an_unknown_heartbeat_is_404(db: None) -> None:
    assert anonymous(f"/api/v1/heartbeats/{uuid4()}").refusal == (404, "NOT_FOUND", [])
