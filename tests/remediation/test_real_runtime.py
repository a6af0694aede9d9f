"""The whole way of a deletion with nothing replaced: the portal's processes, the real runtime, files on a disk."""

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil
import pytest

from tests.lab.fixtures import installation, template_url
from tests.lab.installation import Installation, eventually
from tests.remediation.attacks.world import World

__all__ = ["installation", "template_url"]
pytestmark = pytest.mark.slow
LEASE_SECONDS, SWEEP_SECONDS = 60, 15
ROUNDS, VICTIMS = 2, ("runtime", "web", "worker")
TERMINAL = {"executed", "failed", "cancelled", "expired"}


@pytest.fixture
def world(installation: Installation) -> World:
    return World(installation)


@pytest.mark.spec("V47", "V54")
def test_a_file_is_deleted_when_a_second_person_agrees_and_not_before(world: World) -> None:
    machine = world.machine
    kept, old = machine.file("keep.txt"), machine.file("old.txt", "to be deleted")
    code = world.ask("old.txt")
    assert world.proposal(code)["status"] == "requested"
    machine.once()
    waiting = world.proposal(code)
    assert (waiting["status"], old.exists()) == ("pending_approval", True)
    assert '"path":"old.txt"' in waiting["plan"]

    own = world.vote("olga", code)
    assert (own.status_code, own.json()["code"]) == (403, "APPROVAL_SOD_VIOLATION")
    machine.once()
    assert old.exists()
    assert world.vote("ed", code).status_code == 200
    assert (world.job(code)["status"], old.exists()) == ("enqueued", True)
    machine.once()
    job = world.job(code)
    assert (job["status"], job["exit_code"], job["result"]["applied_count"]) == ("executed", 0, 1)
    assert (old.exists(), kept.read_text(), machine.trash()) == (False, "abc", ["old.txt"])
    assert world.vote("ed", code).status_code == 409

    machine.once()
    assert [line["kind"] for line in machine.journal() if line["job"] == code] == [
        "accepted",
        "begun",
        "done",
        "reported",
    ]
    assert world.kinds(code) == [
        *("PROPOSAL_CREATED", "JOB_REQUESTED", "JOB_CLAIMED", "JOB_STARTED", "RUNTIME_JOB_REPORTED"),
        *("PLAN_SEALED", "PROPOSAL_DECIDED", "APPROVAL_REQUESTED", "APPROVAL_VOTED", "APPROVAL_DECIDED"),
        *("PROPOSAL_DECIDED", "JOB_ENQUEUED", "JOB_CLAIMED", "JOB_STARTED", "RUNTIME_JOB_REPORTED"),
    ]
    world.verify()
    lines = world.installation.rows("SELECT count(*) FROM remediation_journalline")
    assert lines == [(len(machine.journal()),)]


@pytest.mark.spec("V54")
def test_d7_what_has_changed_since_the_approval_is_left_alone(world: World) -> None:
    machine = world.machine
    old = machine.file("old.txt")
    code = world.ask("old.txt")
    machine.once()
    assert world.vote("ed", code).status_code == 200
    old.write_text("somebody needs it after all")
    machine.once()
    job = world.job(code)
    assert (job["status"], job["code"], old.read_text()) == ("failed", "PLAN_STALE", "somebody needs it after all")
    assert world.proposal(code)["status"] == "stale"
    machine.once()
    assert old.exists()
    world.verify()


@dataclass
class Killer:
    """Kills one of the processes at a random moment, and starts again what nobody else starts."""

    world: World
    dice: random.Random

    def __post_init__(self) -> None:
        self.world.machine.hurry()
        self.runtime = self.world.machine.start()

    def strike(self, victim: str, within: float) -> None:
        """Wait a little, then SIGKILL."""
        time.sleep(self.dice.uniform(0, within))
        if victim == "runtime":
            self.runtime.kill()
            self.runtime.wait()
            self.runtime = self.world.machine.start()
        else:
            leader = {"web": self.world.portal.web_leader, "worker": self.world.portal.worker_leader}[victim]
            with contextlib.suppress(StopIteration, psutil.Error):
                self._group(leader)

    def end(self) -> None:
        """Let the runtime finish."""
        self.runtime.send_signal(signal.SIGTERM)
        self.runtime.wait(timeout=30)

    @staticmethod
    def _group(leader: Callable[[], psutil.Process | None]) -> None:
        found = leader()
        if found is not None:
            os.killpg(os.getpgid(found.pid), signal.SIGKILL)


@pytest.fixture
def killer(world: World) -> Iterator[Killer]:
    made = Killer(world, random.Random(29))  # noqa: S311  reproducible is what a test wants
    yield made
    if made.runtime.poll() is None:
        made.runtime.kill()
        made.runtime.wait()


@pytest.mark.spec("V23", "V24", "V47")
def test_whoever_is_killed_whenever_a_file_goes_once_or_stays_and_it_is_told_as_it_is(
    world: World, killer: Killer
) -> None:
    machine, codes = world.machine, []
    for number, victim in enumerate(VICTIMS * ROUNDS):
        machine.file(f"{number}.txt")
        codes.append(world.ask(f"{number}.txt", key=str(number)))
        if number % 2:  # in the dry-run too
            killer.strike(victim, 2.0)
        if _settled(world, codes[-1], {"requested"}, seconds=6) == "pending_approval":
            answer = world.vote("ed", codes[-1])
            assert answer.status_code in {200, 409}, answer.text
            killer.strike(victim, 2.0)
    limit = LEASE_SECONDS + 2 * SWEEP_SECONDS + 30
    began = time.monotonic()
    for code in codes:
        if _settled(world, code, {"requested"}, seconds=limit) == "pending_approval":
            assert world.vote("ed", code).status_code in {200, 409}
    for code in codes:
        left = max(1.0, limit - (time.monotonic() - began))
        eventually(lambda code=code: _is_over(world, code), f"{code} is over", seconds=left)  # type: ignore[misc]
    killer.end()
    machine.once()  # what is left of results and journal is sent
    for number, code in enumerate(codes):
        _is_honest(world, code, f"{number}.txt")
    gone = [f"{number}.txt" for number in range(len(codes)) if not (machine.root / f"{number}.txt").exists()]
    assert machine.trash() == sorted(gone)
    assert gone, "the machine has done nothing at all: the test tries nothing"
    world.verify()


def _settled(world: World, code: str, unsettled: set[str], *, seconds: float) -> str:
    """Return the status of a proposal when it is none of ``unsettled``, or what it is after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        status = str(world.proposal(code)["status"])
        if status not in unsettled or time.monotonic() > deadline:
            return status
        time.sleep(0.2)


def _is_over(world: World, code: str) -> bool:
    status = world.proposal(code)["status"]
    return status not in {"requested", "pending_approval", "approved"} or world.job(code).get("status") in TERMINAL


def _is_honest(world: World, code: str, name: str) -> None:
    """Assert that what the portal tells of a deletion is what is in the folder, and that it was begun at most once."""
    job, is_there = world.job(code), (world.machine.root / name).exists()
    kinds = [line["kind"] for line in world.machine.journal() if line["job"] == code]
    assert kinds.count("begun") <= 1, kinds
    if job.get("status") == "executed":
        assert not is_there, job
    else:
        assert is_there, (job, kinds)
        assert job.get("status") in {None, "failed", "cancelled"}, job
        assert job.get("code") in {None, "INTERRUPTED", "PORTAL_UNREACHABLE", "LEASE_LOST", "REPLAYED"}, job
