"""A deletion by the real runtime: its evidence verifies on a bare Python, everything is accounted for, and what is done by
hand at the machine is told."""

from pathlib import Path

import pytest

from tests.lab.fixtures import installation, template_url
from tests.lab.installation import Installation
from tests.remediation.attacks.world import World
from tests.remediation.bundles import unzipped, verified

__all__ = ["installation", "template_url"]
pytestmark = pytest.mark.slow


@pytest.mark.spec("V25", "V42")
def test_what_a_real_machine_did_is_proven_and_accounted_for(installation: Installation, tmp_path: Path) -> None:
    world = World(installation)
    machine = world.machine
    machine.file("old.txt", "to be deleted")
    code = world.ask("old.txt")
    machine.once()
    assert world.vote("ed", code).status_code == 200
    machine.once()
    machine.once()  # the line that says that it was reported

    told = world.call("ed", "GET", "reconciliation").json()
    assert (told["verdict"], told["differences"], told["counts"]["executions"]) == ("clean", [], 1)

    answer = world.call("ed", "GET", f"cases/{code}/bundle")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    files = unzipped(answer.content)
    (key,) = [row["verifier_key"] for row in world.call("ed", "GET", "ledger/keys").json()["results"]]
    status, said = verified(tmp_path, files, key)
    assert status == 0, said
    assert b'"begun"' in files[f"jobs/{code}/journal.jsonl"]
    edited = files[f"jobs/{code}/result.dsse.json"].replace(b"A", b"B", 1)
    assert verified(tmp_path, {**files, f"jobs/{code}/result.dsse.json": edited}, key)[0] == 1

    slot = machine.run("trash", "list").stdout.split()[0]
    done = machine.run("trash", "restore", slot)
    assert done.returncode == 0, done.stderr
    machine.once()
    told = world.call("ed", "GET", "reconciliation").json()
    assert (told["verdict"], [one["code"] for one in told["differences"]]) == ("wrong", ["BY_HAND"])
