"""The registry that comes with the portal: whole, readable for people, and quiet on a healthy machine."""

import re
import socket

import pytest

from scenarios.probes.base import Reason
from scenarios.registry.spec import ScenarioSpec
from tests.scenarios.registry.shipped import NINE, PATH, configuration, looks, shipped

BARE = shipped(configuration())
SPECS = [pytest.param(spec, id=spec.id) for spec in BARE.scenarios.values()]
ALWAYS = ("host.activity", "host.disk", "host.load", "host.memory", "host.swap")
SELF = ("database", "ledger", "queue", "registry", "tick", "worker")


@pytest.mark.spec("L26")
def test_it_holds_what_it_should() -> None:
    assert set(NINE) <= set(BARE.scenarios)
    assert {f"self.{name}" for name in (*SELF, "portal")} <= set(BARE.scenarios)
    assert set(ALWAYS) <= set(BARE.scenarios)


@pytest.mark.parametrize("spec", SPECS)
def test_what_needs_a_setting_is_not_configured_without_it(spec: ScenarioSpec) -> None:
    needs_nothing = spec.id.startswith("self.") or spec.id in ALWAYS
    assert spec.is_configured == (needs_nothing and spec.id != "self.portal")


def test_what_watches_the_portal_belongs_to_the_installation() -> None:
    assert all((spec.institution == "system") == spec.id.startswith("self.") for spec in BARE.scenarios.values())


@pytest.mark.parametrize("spec", SPECS)
def test_the_title_can_be_read_with_any_state_behind_it(spec: ScenarioSpec) -> None:
    for title in spec.title.values():
        assert len(title) <= 36
        assert not re.search(r"\b(is|are|has|have|works?|runs?|answers?|está|estão|têm|responde|vive)\b", title)
        assert title[-1].isalnum()


@pytest.mark.spec("L28", "L47")
@pytest.mark.parametrize("spec", SPECS)
def test_the_text_for_people_says_what_was_seen_and_since_when(spec: ScenarioSpec) -> None:
    for text in spec.human_action.values():
        assert "{measured}" in text
        assert "{since}" in text or spec.institution == "system"
        filled = text.format_map({"measured": "M", "expected": "E", "since": "S"})
        assert not set("{}") & set(filled)
        assert 80 < len(filled) < 400
    assert spec.human_action["en"] != spec.human_action["pt-br"]
    assert spec.title["en"] != spec.title["pt-br"]


@pytest.mark.spec("L27")
@pytest.mark.parametrize("spec", SPECS)
def test_the_runbook_can_be_followed(spec: ScenarioSpec) -> None:
    assert len(re.findall(r"^## ", spec.runbook, re.MULTILINE)) >= 1
    assert len(re.findall(r"^(\d+\.|[-*|]) ", spec.runbook, re.MULTILINE)) >= 2
    assert "`" in spec.runbook


def test_the_text_holds_no_address_of_anybody() -> None:
    assert re.findall(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b", PATH.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("name", ALWAYS)
def test_this_machine_can_be_seen(name: str) -> None:
    for look in looks(name, configuration()).values():
        assert str(look.state) in {"ok", "degraded"}
        assert look.measured


@pytest.mark.parametrize("name", SELF)
def test_a_healthy_portal_is_quiet(name: str) -> None:
    facts = {
        "tick_late_seconds": 0,
        "tick_duration_seconds": 3.2,
        "workers_alive": 1,
        "queue_length": 3,
        "queue_oldest_seconds": 0.5,
        "ledger_broken": False,
        "ledger_verified_age_seconds": 3000,
        "checkpoint_age_seconds": 4400,
        "registry_problems": 0,
        "database_bytes": 9_000_000,
        "clock_skew_seconds": 0.0,
    }
    seen = looks(f"self.{name}", configuration(), facts=facts)
    assert {str(look.reason) for look in seen.values()} == {Reason.OK}


@pytest.mark.parametrize(
    ("name", "fact", "states"),
    [
        ("tick", {"tick_late_seconds": 400, "tick_duration_seconds": 100}, {"late": "down", "duration": "degraded"}),
        ("worker", {"workers_alive": 0}, {"alive": "down"}),
        ("queue", {"queue_length": 250, "queue_oldest_seconds": 5}, {"backlog": "degraded"}),
        ("queue", {"queue_length": 250, "queue_oldest_seconds": 2000}, {"backlog": "down"}),
        (
            "ledger",
            {"ledger_broken": True, "ledger_verified_age_seconds": 20_000, "checkpoint_age_seconds": 100_000},
            {"unbroken": "down", "verified": "degraded", "checkpoint": "degraded"},
        ),
        ("registry", {"registry_problems": 2}, {"problems": "degraded"}),
        ("database", {"clock_skew_seconds": 9, "database_bytes": 10**12}, {"clock": "degraded", "size": "degraded"}),
        ("worker", {}, {"alive": "unknown"}),
    ],
)
def test_an_ailing_portal_is_not(name: str, fact: dict[str, object], states: dict[str, str]) -> None:
    seen = looks(f"self.{name}", configuration(), facts=fact)
    assert {check: str(look.state) for check, look in seen.items()} == states


def test_ports_and_processes_of_this_machine_are_found_or_missed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        open_ports = looks("host.ports", configuration(HOST_PORTS=port))
        assert {name: str(look.state) for name, look in open_ports.items()} == {f"port-{port}": "ok"}
    closed = looks("host.ports", configuration(HOST_PORTS=port))
    assert {str(look.state) for look in closed.values()} == {"down"}
    processes = looks("host.processes", configuration(HOST_PROCESSES="no-such-process"))
    assert {str(look.state) for look in processes.values()} == {"down"}
