"""The nine scenarios of Spec 029, each against a server on loopback that is well, then ill, then gone."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from django.utils import timezone

from scenarios.probes.base import Look
from scenarios.registry.parse import registry_parse
from tests.lab.site import Answer, Site
from tests.scenarios.registry.shipped import configuration, looks, payload, shipped, spec029_text, verdicts

OK, REFUSED = ("ok", "ok"), ("down", "refused")
FAILED, DEGRADED, NO_DATA = ("down", "condition_failed"), ("degraded", "condition_failed"), ("unknown", "no_data")


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


@pytest.mark.spec("L11", "L16")
def test_alone_they_are_nine() -> None:
    registry = registry_parse([("spec029.yaml", spec029_text())], configuration())
    assert len(registry.scenarios) == 9
    assert not any(spec.is_configured for spec in registry.scenarios.values())


@pytest.mark.spec("L17")
def test_desk_api_health(site: Site) -> None:
    settings = configuration(DESK_API_URL=site.url)
    path = "/api/v1/agents/health"
    site.answer({path: Answer({"status": "ok", "tier": "t0"})})
    assert verdicts("desk.api.health", settings) == {"api": OK}
    site.answer({path: Answer({"error": "x"}, 500)})
    assert verdicts("desk.api.health", settings) == {"api": ("down", "bad_status")}
    site.answer({path: Answer({"hello": "world"})})
    assert verdicts("desk.api.health", settings) == {"api": FAILED}
    site.close()
    assert verdicts("desk.api.health", settings) == {"api": REFUSED}


@pytest.mark.spec("L18")
def test_wizard_vm112_bundle_tells_its_halves_apart(site: Site) -> None:
    settings = configuration(VM112_API_URL=f"{site.url}/health", VM112_PORTAL_URL=f"{site.url}/")
    site.answer({"/health": Answer({"ok": True}), "/": Answer("<h1>Welcome</h1>", content_type="text/html")})
    assert verdicts("wizard.vm112.bundle", settings) == {"api": OK, "portal": OK}
    site.answer({"/health": Answer("Bad Gateway", 502, "text/plain")})
    assert verdicts("wizard.vm112.bundle", settings) == {"api": ("down", "proxy_error"), "portal": OK}
    site.answer({"/health": Answer({"ok": True}), "/": Answer("")})
    assert verdicts("wizard.vm112.bundle", settings) == {"api": OK, "portal": FAILED}
    site.close()
    assert verdicts("wizard.vm112.bundle", settings) == {"api": REFUSED, "portal": REFUSED}


PFSENSE = "/api/v2/status/system"


@pytest.mark.spec("L19")
@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Answer(payload("pfsense_status_system")), OK),
        (Answer({"code": 401, "response_id": "AUTH_AUTHENTICATION_FAILED"}, 401), ("unknown", "unauthorized")),
        (Answer({"code": 403, "response_id": "AUTH_AUTHORIZATION_FAILED"}, 403), ("unknown", "forbidden")),
        (Answer({"code": 503, "response_id": "ENDPOINT_REST_API_IS_NOT_ENABLED"}, 503), ("down", "bad_status")),
        (Answer("Bad Gateway", 502, "text/plain"), ("down", "proxy_error")),
        (Answer("<html>404 Not Found</html>", 404, "text/html"), ("down", "bad_status")),
        (Answer("<html>login</html>", 200, "text/html"), NO_DATA),
    ],
)
def test_pfsense_api_system_tells_key_proxy_and_firewall_apart(
    site: Site, answer: Answer, verdict: tuple[str, str]
) -> None:
    site.answer({PFSENSE: answer})
    settings = configuration(PFSENSE_URL=site.url, PFSENSE_API_KEY="c4nary")
    seen = looks("pfsense.api.system", settings)["api"]
    assert (str(seen.state), str(seen.reason)) == verdict
    assert "x-api-key: c4nary" in site.asked[0].lower()
    assert len(site.asked) == 1
    assert "c4nary" not in repr(seen)


@pytest.mark.spec("L19")
@pytest.mark.parametrize("gauge", ["cpu_usage", "mem_usage", "disk_usage"])
def test_pfsense_is_degraded_when_it_is_full_and_not_when_it_does_not_say(site: Site, gauge: str) -> None:
    settings = configuration(PFSENSE_URL=site.url, PFSENSE_API_KEY="k")
    for value, verdict in [(99.5, DEGRADED), (None, OK)]:
        answer = payload("pfsense_status_system")
        answer["data"][gauge] = value
        site.answer({PFSENSE: Answer(answer)})
        assert verdicts("pfsense.api.system", settings) == {"api": verdict}


PVE = "/api2/json/cluster/resources?type=vm"


@pytest.mark.spec("L22")
def test_proxmox_cluster_has_a_check_for_each_critical_machine(site: Site) -> None:
    site.answer({PVE: Answer(payload("pve_cluster_resources"))})
    settings = configuration(
        PVE_URL=site.url, PVE_API_TOKEN="ops@pve!desk=c4nary", AGENTIC_CRITICAL_VMIDS="112,122,999"
    )
    seen = verdicts("proxmox.cluster", settings)
    assert seen == {"vm-112": FAILED, "vm-122": OK, "vm-999": NO_DATA}
    assert all("authorization: pveapitoken=ops@pve!desk=c4nary" in request.lower() for request in site.asked)
    site.close()
    assert set(verdicts("proxmox.cluster", settings).values()) == {REFUSED}


@pytest.mark.spec("L22")
@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Answer({"data": []}), NO_DATA),
        (Answer({"data": [{"vmid": 112, "status": "running", "type": "qemu"}]}), OK),
        (Answer({"data": [{"vmid": 112, "status": "paused", "type": "qemu"}]}), FAILED),
        (Answer({"data": [{"vmid": 112, "status": "unknown", "type": "qemu"}]}), NO_DATA),
        (Answer({"data": [{"vmid": 1120, "status": "stopped", "type": "qemu"}]}), NO_DATA),
        (Answer("", 401), ("unknown", "unauthorized")),
        (Answer({"data": None, "message": "Permission check failed"}, 403), ("unknown", "forbidden")),
    ],
)
def test_a_machine_that_is_not_seen_is_unknown_and_never_stopped(
    site: Site, answer: Answer, verdict: tuple[str, str]
) -> None:
    site.answer({PVE: answer})
    settings = configuration(PVE_URL=site.url, PVE_API_TOKEN="t", AGENTIC_CRITICAL_VMIDS="112")
    assert verdicts("proxmox.cluster", settings) == {"vm-112": verdict}


@pytest.mark.spec("L23")
def test_ollama_vm123_health(site: Site) -> None:
    settings = configuration(OLLAMA_BASE_URL=site.url)
    site.answer({"/api/version": Answer(payload("ollama_version")), "/api/tags": Answer(payload("ollama_tags"))})
    assert verdicts("ollama.vm123.health", settings) == {"api": OK, "models": OK}
    site.answer({"/api/tags": Answer({"models": payload("ollama_tags")["models"][:1]})})
    assert verdicts("ollama.vm123.health", settings) == {"api": OK, "models": DEGRADED}
    site.close()
    assert verdicts("ollama.vm123.health", settings) == {"api": REFUSED, "models": REFUSED}


ODOO = "/web/health?db_server_status=1"


@pytest.mark.spec("L24")
@pytest.mark.parametrize(
    ("odoo", "verdict"),
    [
        (Answer({"status": "pass", "db_server_status": True}), OK),
        (Answer({"status": "fail", "db_server_status": False}, 500), ("down", "bad_status")),
        (Answer({"status": "pass"}), NO_DATA),
        (Answer({"status": "pass", "db_server_status": False}), FAILED),
    ],
)
def test_vm123_finance_stack_asks_two_services(site: Site, odoo: Answer, verdict: tuple[str, str]) -> None:
    settings = configuration(VM123_FOSS_URL=f"{site.url}/foss", VM123_ODOO_URL=site.url)
    site.answer({"/foss": Answer("hello", content_type="text/html"), ODOO: odoo})
    assert verdicts("vm123.finance.stack", settings) == {"foss": OK, "odoo": verdict}
    site.answer({"/foss": Answer("", 503)})
    assert verdicts("vm123.finance.stack", settings) == {"foss": ("down", "bad_status"), "odoo": verdict}


@pytest.mark.spec("L25")
def test_vm123_openpanel_bridge(site: Site) -> None:
    settings = configuration(OPENPANEL_BRIDGE_URL=site.url, OPENPANEL_BRIDGE_PATH="/ping")
    site.answer({"/ping": Answer("pong", content_type="text/plain")})
    assert verdicts("vm123.openpanel.bridge", settings) == {"bridge": OK}
    site.answer({"/ping": Answer("", 500)})
    assert verdicts("vm123.openpanel.bridge", settings) == {"bridge": ("down", "bad_status")}
    site.close()
    assert verdicts("vm123.openpanel.bridge", settings) == {"bridge": REFUSED}


@pytest.mark.spec("L24")
def test_vm123_reach_is_blamed_for_what_runs_on_it(site: Site) -> None:
    port = site.url.rpartition(":")[2]
    settings = configuration(VM123_IP="127.0.0.1", VM123_TCP_PORT=port)
    assert verdicts("vm123.reach", settings) == {"port": OK}
    site.close()
    assert verdicts("vm123.reach", settings) == {"port": REFUSED}
    children = {spec.id for spec in shipped(settings).scenarios.values() if spec.depends_on == ("vm123.reach",)}
    assert children == {"ollama.vm123.health", "vm123.finance.stack", "vm123.openpanel.bridge"}


DESK = {"INTEGRATION_WEBHOOK_GAP_SEC": "900"}
TABLES = (
    "CREATE TABLE tickets (status text, assigned_at {moment}, created_at {moment})",
    "CREATE TABLE webhook_events (received_at {moment})",
)
HOURS = {
    "fresh": ("open", None, 23),
    "taken": ("open", 20, 40),
    "closed": ("Closed", None, 40),
    "stuck": ("open", None, 40),
}


class Desk:
    """The Desk's database, as SQLite file or PostgreSQL schema: whichever the suite runs on."""

    def __init__(self, dsn: str, connection: Any, moment: str) -> None:
        self.dsn = dsn
        self._connection = connection
        for table in TABLES:
            self._do(table.format(moment=moment))

    def ticket(self, status: str, assigned_hours_ago: int | None, created_hours_ago: int) -> None:
        """Add a ticket."""
        assigned = "NULL" if assigned_hours_ago is None else f"'{_ago(hours=assigned_hours_ago)}'"
        self._do(f"INSERT INTO tickets VALUES ('{status}', {assigned}, '{_ago(hours=created_hours_ago)}')")

    def webhook(self, minutes_ago: int) -> None:
        """Add a webhook."""
        self._do(f"INSERT INTO webhook_events VALUES ('{_ago(minutes=minutes_ago)}')")

    def seen(self, name: str) -> Look:
        """Look at it with the scenario ``name``."""
        settings = configuration(databases=frozenset({"desk"}), **DESK)
        (look,) = looks(name, settings, databases={"desk": self.dsn}).values()
        return look

    def _do(self, statement: str) -> None:
        self._connection.execute(statement)
        self._connection.commit()


def _ago(**ago: int) -> str:
    return f"{timezone.now() - timedelta(**ago):%Y-%m-%d %H:%M:%S+00:00}"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        path = tmp_path / "desk.sqlite3"
        with closing(sqlite3.connect(path)) as connection:
            yield Desk(f"sqlite:///{path}", connection, "text")
        return
    name = f"desk_{uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        dsn = urlsplit(url)._replace(path=f"/{name}").geturl()
        try:
            with psycopg.connect(dsn) as connection:
                yield Desk(dsn, connection, "timestamptz")
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.spec("L20")
def test_funnel_stuck_onboarding_counts_tickets_of_a_day_that_nobody_took(desk: Desk) -> None:
    for name in ("fresh", "taken", "closed"):
        desk.ticket(*HOURS[name])
    assert (str(desk.seen("funnel.stuck.onboarding").state)) == "ok"
    desk.ticket(*HOURS["stuck"])
    desk.ticket(*HOURS["stuck"])
    look = desk.seen("funnel.stuck.onboarding")
    assert (str(look.state), str(look.reason)) == FAILED
    assert (look.measured["column:stuck"], look.expected) == (2, {"column:stuck": "== 0"})


@pytest.mark.spec("L21")
def test_integration_webhook_gap_has_a_threshold(desk: Desk) -> None:
    assert str(desk.seen("integration.webhook.gap").state) == "unknown"
    desk.webhook(minutes_ago=16)
    look = desk.seen("integration.webhook.gap")
    assert (str(look.state), str(look.reason)) == FAILED
    assert 955 <= look.measured["column:gap_seconds"] <= 970
    assert look.expected == {"column:gap_seconds": "<= 900"}
    desk.webhook(minutes_ago=3)
    assert str(desk.seen("integration.webhook.gap").state) == "ok"


@pytest.mark.spec("L20", "L21")
def test_without_the_desks_database_they_are_not_configured() -> None:
    registry = shipped(configuration())
    assert registry.scenarios["funnel.stuck.onboarding"].missing == ("DESK_DATABASE_URL",)
    gap = registry.scenarios["integration.webhook.gap"]
    assert gap.missing == ("DESK_DATABASE_URL", "INTEGRATION_WEBHOOK_GAP_SEC")
