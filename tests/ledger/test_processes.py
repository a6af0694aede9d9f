"""Several processes on one ledger: killed at any moment, and all at once."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from tests.lab.installation import ROOT, Installation, installation_make, template

pytestmark = [pytest.mark.slow, pytest.mark.spec("V26")]
WRITERS = str(ROOT / "tests" / "ledger" / "writers.py")
ROUNDS = 100
START = """
from uuid import UUID
from ledger.services import chain_start, unit
from opsportal.core.actor import SYSTEM
for number in range(1, {count} + 1):
    institution_id = UUID(int=number)
    with unit(institution_id, SYSTEM):
        chain_start(institution_id)
"""
VERIFY = """
from ledger.selectors import chains
from ledger.verification import chain_verify
for institution_id in chains():
    found = chain_verify(institution_id)
    print(institution_id, found.size, list(found.faults))
"""


class Writers:
    """The process that forks writers."""

    def __init__(self, installation: Installation, institutions: int) -> None:
        self.institutions = [str(UUID(int=number)) for number in range(1, institutions + 1)]
        self.acks = installation.folder / "acks"
        installation.django(START.format(count=institutions))
        with (installation.folder / "writers.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, WRITERS],
                env=installation.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def fork(self, mode: str, name: str, *, seed: int, units: int | None = None) -> int:
        """Start one writer; return its pid."""
        order = {"mode": mode, "name": name, "institutions": self.institutions, "seed": seed, "acks": str(self.acks)}
        self._say(order if units is None else {**order, "units": units})
        return int(self._hear())

    def wait(self) -> list[int]:
        """Wait until all writers have ended; return their exit codes."""
        self._say("wait")
        codes = []
        while (line := self._hear().split())[0] == "done":
            codes.append(int(line[2]))
        return codes

    def acknowledged(self) -> list[list[str]]:
        """Return the lines that writers have written after their commits."""
        return [line.split() for line in self.acks.read_text().splitlines()]

    def end(self) -> None:
        """Let it go."""
        self.process.communicate(timeout=20)

    def _say(self, order: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def _hear(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


@pytest.fixture(scope="module")
def template_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated database to copy."""
    with template(tmp_path_factory.mktemp("template")) as url:
        yield url


@pytest.fixture
def installation(tmp_path: Path, template_url: str) -> Iterator[Installation]:
    """An installation of its own."""
    with installation_make(tmp_path, template_url) as made:
        yield made


def verified(installation: Installation) -> dict[str, tuple[int, str]]:
    """Return size and faults of every chain."""
    lines = [line.split(" ", 2) for line in installation.django(VERIFY).splitlines()]
    return {institution: (int(size), faults) for institution, size, faults in lines}


def kill_rounds(installation: Installation, mode: str, rounds: int) -> Writers:
    """Run two writers at a time and kill each at some moment, ``rounds`` times."""
    writers, dice = Writers(installation, 1), random.Random(rounds)  # noqa: S311  reproducible
    for number in range(rounds):
        pids = [writers.fork(mode, f"w{number}{side}", seed=number) for side in "ab"]
        for pid in pids:
            time.sleep(dice.uniform(0.01, 0.12))
            os.kill(pid, signal.SIGKILL)
        assert set(writers.wait()) == {-signal.SIGKILL}
    writers.end()
    return writers


def test_a_hundred_kills_lose_no_acknowledged_entry_and_leave_none_half_written(installation: Installation) -> None:
    writers = kill_rounds(installation, "one", ROUNDS)
    acknowledged = writers.acknowledged()
    assert len(acknowledged) > ROUNDS
    subjects = Counter(subject for (subject,) in installation.rows("SELECT subject FROM ledger_entry"))
    lost = [name for name, count in acknowledged if any(f"proof:{name}-{n}" not in subjects for n in range(int(count)))]
    assert lost == []
    assert set(subjects.values()) == {1}
    parts = Counter(subject.rpartition("-")[0] for subject in subjects)
    assert set(parts.values()) <= {1, 5}
    assert verified(installation) == {writers.institutions[0]: (len(subjects), "[]")}


def test_the_rounds_can_find_a_loss(installation: Installation) -> None:
    """The same with writers that acknowledge too early: were nothing lost here, the test above would prove nothing."""
    writers = kill_rounds(installation, "early", ROUNDS)
    subjects = {subject for (subject,) in installation.rows("SELECT subject FROM ledger_entry")}
    lost = [name for name, _ in writers.acknowledged() if f"proof:{name}-0" not in subjects]
    assert lost != []
    assert verified(installation) == {writers.institutions[0]: (len(subjects), "[]")}


def test_sixteen_writers_on_several_chains_never_wait_for_each_other_in_a_circle(installation: Installation) -> None:
    writers = Writers(installation, 4)
    for number in range(16):
        writers.fork("several", f"w{number}", seed=number, units=25)
    codes = writers.wait()
    writers.end()
    log = (installation.folder / "writers.log").read_text()
    assert codes == [0] * 16, log[-2000:]
    expected = Counter(institution for institution, _ in writers.acknowledged())
    assert verified(installation) == {
        institution: (expected[institution], "[]") for institution in writers.institutions
    }
    numbers = installation.rows("SELECT institution_id, count(*), min(seq), max(seq) FROM ledger_entry GROUP BY 1")
    assert all((low, high) == (1, count) for _, count, low, high in numbers)
    assert len(numbers) == 4
