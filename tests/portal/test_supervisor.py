"""The supervisor alone, with small children instead of web server and worker."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.lab.installation import ROOT, eventually

# Writes its pid and that of a child of its own, then waits.
PARENT = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open(sys.argv[1], "a").write(f"{os.getpid()} {child.pid}\\n")
time.sleep(60)
"""
STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(sys.argv[1], "a").write(f"{os.getpid()} {os.getpid()}\\n")
while True: time.sleep(60)
"""
ORDERLY = PARENT.replace(
    "time.sleep(60)\n",
    """
import signal
signal.signal(signal.SIGTERM, lambda *_: (child.terminate(), child.wait(), sys.exit()))
time.sleep(60)
""",
)
LIFELINED = "from opsportal.portal.lifeline import lifeline_watch; lifeline_watch(grace_seconds=0.5)\n"


class Supervised:
    """A supervisor of one child that runs ``code``."""

    def __init__(self, folder: Path, code: str, *, grace_seconds: float = 5) -> None:
        self.pids_file = folder / "pids"
        argv = [sys.executable, "-c", code, str(self.pids_file)]
        specs = [{"name": "child", "argv": argv, "role": "web", "grace_seconds": grace_seconds}]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "opsportal.portal.supervisor", json.dumps(specs)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            text=True,
        )

    def generation(self, number: int) -> tuple[int, int]:
        """Return the pids of the child's ``number``-th start and of its own child."""
        lines = eventually(lambda: self._lines(number), f"start {number}")
        leader, other = lines[number - 1].split()
        return int(leader), int(other)

    def _lines(self, number: int) -> list[str]:
        lines = self.pids_file.read_text().splitlines() if self.pids_file.exists() else []
        return lines if len(lines) >= number else []

    def end(self) -> None:
        """Kill whatever is left."""
        self.process.kill()
        for line in self._lines(0):
            for pid in map(int, line.split()):
                if psutil.pid_exists(pid):
                    os.kill(pid, signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def ended() -> Iterator[list[Supervised]]:
    made: list[Supervised] = []
    yield made
    for supervised in made:
        supervised.end()


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_child_that_dies_takes_its_session_along_and_starts_again(tmp_path: Path, ended: list[Supervised]) -> None:
    supervised = Supervised(tmp_path, PARENT)
    ended.append(supervised)
    leader, other = supervised.generation(1)
    os.kill(leader, signal.SIGKILL)
    second, _ = supervised.generation(2)
    assert second != leader
    assert is_gone(other)


def test_sigterm_stops_everything_and_is_no_failure(tmp_path: Path, ended: list[Supervised]) -> None:
    supervised = Supervised(tmp_path, PARENT)
    ended.append(supervised)
    pids = supervised.generation(1)
    supervised.process.terminate()
    _, said = supervised.process.communicate(timeout=3)
    assert supervised.process.returncode == 0
    assert all(is_gone(pid) for pid in pids)
    assert said == "portal: child stopped\n"


def test_a_child_that_will_not_stop_is_killed_after_its_grace(tmp_path: Path, ended: list[Supervised]) -> None:
    supervised = Supervised(tmp_path, STUBBORN, grace_seconds=0.5)
    ended.append(supervised)
    leader, _ = supervised.generation(1)
    supervised.process.terminate()
    _, said = supervised.process.communicate(timeout=5)
    assert is_gone(leader)
    assert "did not stop" in said


def test_a_second_signal_does_not_wait(tmp_path: Path, ended: list[Supervised]) -> None:
    supervised = Supervised(tmp_path, STUBBORN, grace_seconds=60)
    ended.append(supervised)
    leader, _ = supervised.generation(1)
    supervised.process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert not is_gone(leader)
    supervised.process.send_signal(signal.SIGINT)
    supervised.process.communicate(timeout=5)
    assert is_gone(leader)


@pytest.mark.parametrize("code", [LIFELINED + ORDERLY, LIFELINED + STUBBORN], ids=["orderly", "stubborn"])
def test_nothing_outlives_a_killed_supervisor(tmp_path: Path, ended: list[Supervised], code: str) -> None:
    supervised = Supervised(tmp_path, code)
    ended.append(supervised)
    pids = supervised.generation(1)
    supervised.process.kill()
    for pid in pids:
        eventually(lambda pid=pid: is_gone(pid), f"{pid} ends", seconds=5)  # type: ignore[misc]  # bound per turn


def test_the_supervisor_imports_no_django() -> None:
    code = "import sys, opsportal.portal.supervisor; print([m for m in sys.modules if m.split('.')[0] == 'django'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
