"""The real program, killed: at most one effect, a journal that verifies, and a result that is true."""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from lab import Lab

from ops_runtime.config import Limits
from ops_runtime.machine import Machine

ROUNDS = 8
FILES = 60


def started(lab: Lab) -> subprocess.Popen[bytes]:
    """Start ``run`` for a portal."""
    return lab.start("run")


def settled(lab: Lab, job: str, seconds: float = 20.0) -> dict[str, Any]:
    """Wait until the job is reported and return its result."""
    until = time.monotonic() + seconds
    while not lab.portal.jobs[job].results:
        assert time.monotonic() < until, "no result came"
        time.sleep(0.02)
    return lab.portal.result(lab.portal.jobs[job])


def until_done(process: subprocess.Popen[bytes]) -> int:
    """End it as a service manager does."""
    process.send_signal(signal.SIGTERM)
    return process.wait(timeout=20)


@pytest.mark.slow
def test_killed_at_random_it_has_at_most_one_effect_and_says_the_truth(lab: Lab) -> None:
    chance = random.Random(11)  # noqa: S311  the same places each time
    seen = []
    for number in range(ROUNDS):
        folder = lab.root / f"r{number}"
        folder.mkdir()
        for file in range(FILES):
            (folder / f"f{file:02d}").write_bytes(os.urandom(2_000))
        order = lab.sealed("files.delete", paths=[f"r{number}/f{file:02d}" for file in range(FILES)])
        job = lab.portal.put(order)
        process = started(lab)
        _claimed(lab, job.id)
        if number % 2:
            time.sleep(chance.uniform(0.0, 0.12))
        else:
            _fewer(folder, FILES - chance.randrange(1, FILES - 10))
        process.kill()
        process.wait()
        lab.portal.put(order, job.envelope)  # and the portal delivers it again
        process = started(lab)
        result = settled(lab, job.id)
        assert until_done(process) == 0
        left = {path.name for path in folder.iterdir()}
        _truth_require(result, number, left)
        seen.append((result["status"], result["code"], len(left)))
        assert lab.command("journal", "verify").returncode == 0
        begun = [
            line for line in map(json.loads, lab.portal.journal) if (line["kind"], line["job"]) == ("begun", job.id)
        ]
        assert len(begun) <= 1
    assert len(set(seen)) > 1, "every round was killed at the same place"


def _claimed(lab: Lab, job: str) -> None:
    until = time.monotonic() + 20
    while f"jobs/{job}/start" not in lab.portal.calls:
        assert time.monotonic() < until
        time.sleep(0.002)


def _fewer(folder: Path, count: int) -> None:
    """Wait until so many files are left, or the job is over."""
    until = time.monotonic() + 20
    while len(os.listdir(folder)) > count:
        assert time.monotonic() < until


def _truth_require(result: dict[str, Any], number: int, left: set[str]) -> None:
    """Hold the result against the folder."""
    every = {f"f{file:02d}" for file in range(FILES)}
    told = result["result"]
    if result["status"] == "executed":
        assert left == set()
    elif told:
        assert result["code"] == "INTERRUPTED"
        assert {one["path"] for one in told["done"]} == {f"r{number}/{name}" for name in every - left}
        assert {one["path"] for one in told["not_done"]} == {f"r{number}/{name}" for name in left}
        assert told["unknown"] == []
    else:
        assert (result["code"], left) == ("INTERRUPTED", every)


def test_c5_killed_after_the_effect_it_reports_and_does_not_repeat(lab: Lab) -> None:
    (lab.root / "file").write_text("x")
    order = lab.sealed("files.delete", paths=["file"])
    lab.portal.faults.append(lambda handler, path: path.endswith("/report") and _drop(handler))
    job = lab.portal.put(order)
    process = started(lab)
    _tree_empty(lab)
    time.sleep(0.2)
    process.kill()
    process.wait()
    (lab.root / "file").write_text("x")
    lab.portal.faults.clear()
    lab.portal.put(order, job.envelope)
    process = started(lab)
    assert settled(lab, job.id)["status"] == "executed"
    assert until_done(process) == 0
    assert lab.tree() == {"file": b"x"}


def _tree_empty(lab: Lab) -> None:
    until = time.monotonic() + 20
    while lab.tree():
        assert time.monotonic() < until
        time.sleep(0.01)


def _drop(handler: Any) -> bool:
    handler.connection.close()
    handler.close_connection = True
    return True


def test_sigterm_finishes_the_job_in_hand(lab: Lab) -> None:
    with (lab.root / "big").open("wb") as file:
        file.truncate(900_000_000)  # a file of holes: long to hash, quick to make
    job = lab.portal.put(lab.portal.sealed(lab.portal.payload("files.hash", {"paths": ["big"]}), [], []))
    process = started(lab)
    _claimed(lab, job.id)
    assert until_done(process) == 0
    assert lab.portal.result(job)["status"] == "executed"


def test_killed_while_it_hashes_a_large_file_nothing_was_changed(lab: Lab) -> None:
    with (lab.root / "big").open("wb") as file:
        file.truncate(900_000_000)  # a file of holes: long to hash, quick to make
    order = lab.sealed("files.delete", paths=["big"])
    job = lab.portal.put(order)
    process = started(lab)
    _claimed(lab, job.id)
    process.kill()
    process.wait()
    lab.rounds()
    result = lab.portal.result(job)
    assert (result["status"], result["code"]) == ("failed", "INTERRUPTED")
    assert (lab.root / "big").exists()


def test_two_programs_do_not_run_on_one_state(lab: Lab) -> None:
    process = started(lab)
    _beaten(lab)
    second = lab.command("run", "--once")
    assert (second.returncode, "Another ops-runtime" in second.stderr) == (2, True)
    assert until_done(process) == 0


def _beaten(lab: Lab) -> None:
    until = time.monotonic() + 20
    while "heartbeat" not in lab.portal.calls:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_step_that_fails_takes_the_others_back(lab: Lab) -> None:
    for name in ("a", "b"):
        (lab.root / name).mkdir()
        (lab.root / name / "file").write_text(name)
    (lab.root / "to").mkdir()
    plan = lab.look("files.plan.create", items=["move:a/file:to/a", "move:b/file:to/" + "b" * 250])["result"]
    order = lab.sealed("files.plan.apply", plan_id=plan["plan_id"], plan_hash=plan["plan_hash"])
    (lab.root / "to").chmod(0o500)
    before = lab.tree()
    job = lab.portal.put(order)
    if os.geteuid() == 0:
        done = subprocess.run(["chattr", "+i", str(lab.root / "b")], capture_output=True, check=False)
        if done.returncode:
            pytest.skip("root may write everywhere here")
    try:
        lab.rounds()
    finally:
        subprocess.run(["chattr", "-i", str(lab.root / "b")], capture_output=True, check=False)
    result = lab.portal.result(job)
    assert (result["status"], result["code"]) == ("failed", "SYSTEM")
    assert (result["result"]["applied_count"], result["result"]["done"]) == (0, [])
    assert lab.tree() == before


def test_the_trash_is_emptied_after_its_retention(lab: Lab) -> None:
    (lab.root / "file").write_text("x")
    (slot,) = lab.effect("files.delete", paths=["file"])["result"]["trash"]
    note = lab.state.folder / "trash-notes" / f"{slot}.json"
    old = json.loads(note.read_text())
    note.write_text(json.dumps(old | {"at": old["at"] - 31 * 86_400}, sort_keys=True, separators=(",", ":")))
    lab.rounds()
    assert lab.command("trash", "list").stdout == ""
    assert lab.command("trash", "restore", slot).returncode == 2
    assert not list((lab.state.folder / "trash").iterdir())


def test_the_limit_of_days_is_the_machines_own(lab: Lab) -> None:
    def long(machine: Machine) -> None:
        limits = Limits(portal_host=machine.config.limits.portal_host, trash_days=60)
        object.__setattr__(machine.config, "limits", limits)

    (lab.root / "file").write_text("x")
    (slot,) = lab.effect("files.delete", paths=["file"])["result"]["trash"]
    note = lab.state.folder / "trash-notes" / f"{slot}.json"
    old = json.loads(note.read_text())
    note.write_text(json.dumps(old | {"at": old["at"] - 31 * 86_400}, sort_keys=True, separators=(",", ":")))
    lab.rounds(before=long)
    assert slot in lab.command("trash", "list").stdout
    assert lab.command("trash", "purge", "--all").stdout == "Removed 1 for ever.\n"
