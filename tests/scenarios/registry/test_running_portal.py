"""The registry in a portal that runs: quiet on a healthy machine, and changed without a restart."""

import json
import socket
import time
from pathlib import Path

import pytest

from tests.lab.fixtures import installation, template_url
from tests.lab.installation import Installation, Portal, eventually
from tests.scenarios.registry.texts import entry, text

__all__ = ["installation", "template_url"]

pytestmark = [pytest.mark.slow]
FINDINGS = "SELECT title, status FROM findings_finding ORDER BY id"
DONE = "SELECT 1 FROM scenarios_tick WHERE status = 'completed'"


def states(installation: Installation) -> dict[str, str]:
    query = "SELECT name, state FROM scenarios_scenario WHERE NOT is_retired"
    return {str(name): str(state) for name, state in installation.rows(query)}


def ledger(installation: Installation) -> list[str]:
    return [str(row[0]) for row in installation.rows("SELECT kind FROM ledger_entry WHERE kind LIKE 'REGISTRY_%'")]


def write(installation: Installation, content: str) -> None:
    folder = Path(installation.folder) / "registry.d"
    folder.mkdir(exist_ok=True)
    (folder / "ours.yaml").write_text(content, encoding="utf-8")


@pytest.mark.spec("L26")
def test_a_fresh_installation_is_quiet_and_takes_a_new_scenario_without_restart(installation: Installation) -> None:
    Portal(installation, AGENTIC_INTERVAL_SEC="5").wait_until_ready()
    eventually(lambda: len(installation.rows(DONE)) >= 3, "three ticks", seconds=40)
    quiet = states(installation)
    del quiet["host.load"]  # the machine that runs the suite may well be busy
    assert set(quiet.values()) == {"ok", "not_configured"}, quiet
    assert installation.rows(FINDINGS) == []

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        check = {"name": "port", "kind": "tcp", "with": {"host": "127.0.0.1", "port": port}}
        ours = entry("ours.port", checks=[check], down_after=1, up_after=1)
        write(installation, text(ours))
        eventually(lambda: states(installation).get("ours.port") == "ok", "it is watched", seconds=20)
    eventually(lambda: installation.rows(FINDINGS) == [("Disk space", "open")], "it is a finding", seconds=20)

    write(installation, text(ours).replace("severity: high", "severity: urgent"))
    eventually(lambda: ledger(installation)[-1] == "REGISTRY_REJECTED", "the mistake is refused", seconds=20)
    assert states(installation)["ours.port"] == "down"
    (problems,) = installation.rows("SELECT problems FROM scenarios_registryversion ORDER BY id DESC LIMIT 1")[0]
    (problem,) = json.loads(problems) if isinstance(problems, str) else problems
    assert (problem["file"], problem["path"]) == ("ours.yaml", "scenarios[0].severity")
    assert ledger(installation) == ["REGISTRY_LOADED", "REGISTRY_LOADED", "REGISTRY_REJECTED"]
    assert installation.run("manage.py", "registry_check").returncode == 1


SYNC = """
import time
from opsportal.core.actor import SYSTEM
from scenarios.registry.services import registry_sync
time.sleep(max(0, {begin} - time.time()))
registry_sync(actor=SYSTEM)
"""


def test_several_processes_load_one_version(installation: Installation) -> None:
    installation.django("from opsportal.institutions.services import first_start\nfirst_start()")
    write(installation, text(entry("ours.disk")))
    code = f"import django; django.setup()\n{SYNC.format(begin=time.time() + 5)}"
    processes = [installation.start("-c", code) for _ in range(4)]
    assert [process.wait(timeout=60) for process in processes] == [0] * 4, installation.log()
    assert len(installation.rows("SELECT 1 FROM scenarios_registryversion")) == 1
    assert ledger(installation) == ["REGISTRY_LOADED"]
    assert len(installation.rows("SELECT 1 FROM scenarios_scenario WHERE name = 'ours.disk'")) == 1
