"""The worker with its real cluster: killed busy, killed idle, stopped; and who queues what is due."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.lab.installation import Installation, eventually

pytestmark = pytest.mark.slow

# Supervised, with short patience: a task may take 4 s, a canary flies every second.
SUPERVISED = """
import json, sys
from opsportal.portal.supervisor import ChildSpec, Supervisor
argv = [sys.executable, "-m", "django", "portal_worker"]
sys.exit(Supervisor([ChildSpec(name="worker", argv=argv, role="worker", grace_seconds=5)]).run())
"""
IMPATIENT = {"OPSPORTAL_TASK_SECONDS": "4", "OPSPORTAL_CANARY_SECONDS": "1", "OPSPORTAL_WATCHDOG_SECONDS": "6"}


def start(installation: Installation) -> psutil.Process:
    """Start a supervised worker; return its leader once the cluster is whole."""
    installation.start("-c", SUPERVISED, **IMPATIENT)
    return leader(installation)


def leader(installation: Installation, *, not_pid: int = 0) -> psutil.Process:
    def look() -> psutil.Process | None:
        for process in installation.processes():
            is_leader = os.getpgid(process.pid) == process.pid and "portal_worker" in process.cmdline()
            if is_leader and process.pid != not_pid and len(process.children(recursive=True)) >= 5:
                return process
        return None

    return eventually(look, "a whole worker")


def enqueue(installation: Installation, path: Path, word: str, seconds: float = 0) -> None:
    """Queue a task that notes in ``path`` that it began and ended."""
    arguments = f"'tests.lab.tasks.work', {str(path)!r}, {word!r}, {seconds}"
    installation.django(f"from opsportal.core.queue import enqueue; enqueue({arguments})")


def noted(path: Path, line: str) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [text for text in lines if text.startswith(line)]


@contextmanager
def stillness(leader: psutil.Process) -> Iterator[None]:
    """Let ``leader`` send no canary for a while, so that each process of its cluster waits at its queue."""
    leader.suspend()
    time.sleep(1.5)
    yield
    leader.resume()


def test_a_task_whose_process_was_killed_runs_again(installation: Installation, tmp_path: Path) -> None:
    path = tmp_path / "notes"
    start(installation)
    enqueue(installation, path, "long", 3)
    (begun,) = eventually(lambda: noted(path, "long begins"), "the task begins")
    os.kill(int(begun.split()[-1]), signal.SIGKILL)
    enqueue(installation, path, "other")
    eventually(lambda: noted(path, "other ends"), "other tasks go on", seconds=10)
    eventually(lambda: noted(path, "long ends"), "delivered again after three times the longest task", seconds=30)
    assert len(noted(path, "long begins")) == 2
    assert len(noted(path, "long ends")) == 1


def test_a_cluster_that_hangs_is_replaced(installation: Installation, tmp_path: Path) -> None:
    path = tmp_path / "notes"
    first = start(installation)
    before = first.children(recursive=True)
    (sentinel,) = first.children()
    eventually(lambda: installation.rows("SELECT 1 FROM jobs_worker WHERE worked_at IS NOT NULL"), "a canary flew")
    with stillness(first):
        for process in before:  # whichever idle process holds the lock of the queue, it dies holding it
            if process.pid != sentinel.pid:
                process.kill()
    second = leader(installation, not_pid=first.pid)
    assert not [process for process in before if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
    enqueue(installation, path, "after")
    eventually(lambda: noted(path, "after ends"), "the new cluster works")
    ends = installation.rows('SELECT pid, "end" FROM jobs_worker ORDER BY id')
    assert ends == [(first.pid, "hung"), (second.pid, "")]


def test_a_cluster_that_cannot_collect_results_is_replaced(installation: Installation, tmp_path: Path) -> None:
    """Its tasks run, but none leaves the queue: each would run again and again."""
    first = start(installation)
    eventually(lambda: installation.rows("SELECT 1 FROM jobs_worker WHERE worked_at IS NOT NULL"), "a canary flew")
    (sentinel,) = first.children()
    _, _, collector, _ = sorted(child.pid for child in sentinel.children())  # two for tasks, it, and the reader
    with stillness(first):
        os.kill(collector, signal.SIGKILL)  # idle, it holds the lock of the results
    second = leader(installation, not_pid=first.pid)
    enqueue(installation, tmp_path / "notes", "after")
    eventually(lambda: noted(tmp_path / "notes", "after ends"), "the new cluster works")
    ends = installation.rows('SELECT pid, "end" FROM jobs_worker ORDER BY id')
    assert ends == [(first.pid, "hung"), (second.pid, "")]


def test_a_worker_without_its_sentinel_is_replaced(installation: Installation) -> None:
    first = start(installation)
    eventually(lambda: installation.rows("SELECT 1 FROM jobs_worker"), "it has begun")
    first.children()[0].kill()
    leader(installation, not_pid=first.pid)
    eventually(lambda: len(installation.rows("SELECT 1 FROM jobs_worker")) == 2, "the next one has begun")
    assert installation.rows('SELECT "end" FROM jobs_worker ORDER BY id') == [("cluster_died",), ("",)]


def test_a_killed_worker_leaves_no_process_and_is_noticed(installation: Installation) -> None:
    first = start(installation)
    eventually(lambda: installation.rows("SELECT 1 FROM jobs_worker"), "it has begun")
    before = first.children(recursive=True)
    first.kill()
    leader(installation, not_pid=first.pid)
    assert not [process for process in before if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
    eventually(lambda: len(installation.rows("SELECT 1 FROM jobs_worker")) == 2, "the next one has begun")
    assert installation.rows('SELECT "end" FROM jobs_worker ORDER BY id') == [("killed",), ("",)]


def test_sigterm_lets_the_running_task_end_and_leaves_the_queue(installation: Installation, tmp_path: Path) -> None:
    path = tmp_path / "notes"
    worker = installation.start("-m", "django", "portal_worker", **IMPATIENT)
    leader(installation)
    eventually(lambda: installation.rows("SELECT 1 FROM jobs_worker"), "it has begun")
    enqueue(installation, path, "running", 1.5)
    eventually(lambda: noted(path, "running begins"), "the task begins")
    worker.terminate()
    assert worker.wait(timeout=8) == 0
    assert noted(path, "running ends")
    assert installation.rows('SELECT "end" FROM jobs_worker') == [("stopped",)]
    assert installation.processes() == []


def test_a_worker_waits_for_a_database_that_is_away(installation: Installation) -> None:
    if installation.url.startswith("sqlite"):
        pytest.skip("a file does not go away")
    worker = start(installation)
    eventually(lambda: installation.rows("SELECT 1 FROM jobs_worker WHERE worked_at IS NOT NULL"), "a canary flew")
    installation.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    (before,) = installation.rows("SELECT worked_at FROM jobs_worker")
    eventually(lambda: installation.rows("SELECT worked_at FROM jobs_worker") != [before], "it works on", seconds=15)
    assert worker.is_running()
