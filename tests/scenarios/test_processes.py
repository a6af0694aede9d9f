"""Ticks in several real processes, on a database that they share."""

import json
import signal
import textwrap
import time
from pathlib import Path

import pytest

from tests.lab.installation import Installation, eventually

pytestmark = pytest.mark.slow

MANAGE = str(Path(__file__).resolve().parent.parent.parent / "manage.py")
REGISTRY = """
version: 1
scenarios:
  - id: lab.gate
    title: {{en: "The gate", pt-br: "O portão"}}
    owner: A1
    severity: high
    down_after: 1
    up_after: 1
    checks:
      - name: main
        kind: tcp
        timeout_seconds: {seconds}
        with: {{host: 127.0.0.1, port: {port}}}
    human_action: {{en: "Open it.", pt-br: "Abra."}}
    runbook: "Open it."
"""


@pytest.fixture(autouse=True)
def begun(installation: Installation) -> None:
    """The first start has been, and the registry is the test's own."""
    installation.django("from opsportal.institutions.services import first_start; first_start()")
    installation.environment["OPSPORTAL_REGISTRY"] = str(installation.folder / "registry.yaml")


def watch_port(installation: Installation, port: int, *, seconds: int = 5) -> None:
    (installation.folder / "registry.yaml").write_text(REGISTRY.format(port=port, seconds=seconds))


@pytest.mark.spec("L32")
def test_of_ticks_that_begin_together_one_runs_and_the_others_are_refused(installation: Installation) -> None:
    watch_port(installation, 1)
    assert installation.run(MANAGE, "tick").returncode == 0
    started = [installation.start(MANAGE, "tick", "--json", log=f"tick{number}") for number in range(4)]
    codes = [process.wait(60) for process in started]
    logs = [installation.log(f"tick{number}") for number in range(4)]
    ran = [json.loads(log.splitlines()[-1])["tick_id"] for code, log in zip(codes, logs, strict=True) if code == 0]
    refused = [log for code, log in zip(codes, logs, strict=True) if code != 0]
    assert len(ran) >= 1
    assert all("TICK_RUNNING" in log for log in refused)
    statuses = installation.rows("SELECT status, count(*) FROM scenarios_tick GROUP BY status")
    assert statuses == [("completed", len(ran) + 1)]
    fences = installation.rows("SELECT count(DISTINCT fence), count(*) FROM scenarios_tick")
    assert fences == [(len(ran) + 1, len(ran) + 1)]
    assert installation.run(MANAGE, "ledger_verify").returncode == 0


def test_a_tick_that_is_killed_while_it_looks_loses_nothing_and_the_next_one_goes_on(
    installation: Installation,
) -> None:
    watch_port(installation, 1)
    assert installation.run(MANAGE, "tick").returncode == 0
    installation.environment["OPSPORTAL_TICK_DEADLINE_SEC"] = "1"
    slow = installation.start(
        "-c",
        textwrap.dedent(
            """
            import importlib, time, django
            django.setup()
            tick = importlib.import_module("scenarios.services.tick")
            tick.looks_sync = lambda *a, **k: time.sleep(60)
            from opsportal.core.actor import TICKER
            tick.tick_run(trigger="command", actor=TICKER, everything=True)
            """
        ),
        log="slow",
    )
    running = "SELECT count(*) FROM scenarios_tick WHERE status = 'running'"
    eventually(lambda: installation.rows(running) == [(1,)], f"it looks; {installation.log('slow')}", seconds=20)
    slow.send_signal(signal.SIGKILL)
    slow.wait()
    assert "TICK_RUNNING" in installation.run(MANAGE, "tick").stderr
    deadline = time.monotonic() + 40
    while installation.run(MANAGE, "tick").returncode != 0:
        assert time.monotonic() < deadline, "the lease never ended"
        time.sleep(1)
    assert sorted(installation.rows("SELECT status FROM scenarios_tick")) == [
        ("completed",),
        ("completed",),
        ("crashed",),
    ]
    assert installation.rows("SELECT count, status FROM findings_finding") == [(2, "open")]
    assert installation.run(MANAGE, "ledger_verify").returncode == 0


def test_two_people_who_acknowledge_at_once_leave_one_name_and_one_entry(installation: Installation) -> None:
    watch_port(installation, 1)
    installation.run(MANAGE, "tick")
    installation.django(
        textwrap.dedent(
            """
            from opsportal.core.actor import SYSTEM
            from opsportal.institutions.access import Role
            from opsportal.institutions.models import Institution
            from opsportal.institutions.services import member_add, user_create
            home = Institution.objects.get(slug="home")
            for name in ("ana", "bruno"):
                user, _ = user_create(username=name, actor=SYSTEM)
                member_add(institution=home, user=user, roles={Role.OPS_LEAD}, actor=SYSTEM)
            """
        )
    )
    script = textwrap.dedent(
        """
        import sys, time, django
        django.setup()
        from findings.models import Finding
        from findings.services import finding_ack
        from opsportal.core.scope import institution_scope
        from opsportal.institutions.models import Institution, User
        from opsportal.institutions.selectors import access_find
        access = access_find(User.objects.get(username=sys.argv[1]), slug="home")
        with institution_scope(access.institution.pk):
            finding = Finding.objects.get()
            time.sleep(max(0, float(sys.argv[2]) - time.time()))
            print(finding_ack(finding=finding, actor=access.actor).acked_by.username)
        """
    )
    for _ in range(3):
        at = str(time.time() + 2)
        people = [installation.start("-c", script, name, at, log=f"ack-{name}") for name in ("ana", "bruno")]
        assert [process.wait(30) for process in people] == [0, 0], installation.log("ack-ana") + installation.log(
            "ack-bruno"
        )
        said = {installation.log(f"ack-{name}").split()[-1] for name in ("ana", "bruno")}
        assert len(said) == 1, "both see the name of the one who was first"
        acked = installation.rows("SELECT count(*) FROM ledger_entry WHERE kind = 'FINDING_ACKED'")
        undone = installation.rows("SELECT count(*) FROM ledger_entry WHERE kind = 'FINDING_UNACKED'")
        assert acked[0][0] == undone[0][0] + 1
        installation.django(
            textwrap.dedent(
                """
                from findings.models import Finding
                from findings.services import finding_ack_undo
                from opsportal.core.actor import SYSTEM
                from opsportal.core.scope import institution_scope
                from opsportal.institutions.models import Institution
                with institution_scope(Institution.objects.get(slug="home").pk):
                    finding_ack_undo(finding=Finding.objects.get(), actor=SYSTEM)
                """
            )
        )
    assert installation.rows("SELECT waiting FROM agents_inboxcount") == [(1,)]
    assert installation.run(MANAGE, "ledger_verify").returncode == 0
