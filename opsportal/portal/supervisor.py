"""Keeps the web server and the worker running, and leaves nothing behind.

``manage.py portal`` prepares the installation and then *becomes* this program, which imports
no Django: it costs a tenth of the memory and can outlive any fault of the code that it watches.

* Each child leads a session of its own. When it dies, the rest of its session is killed before
  it is started again, so that no half of an old worker goes on beside the new one.
* SIGTERM and Ctrl-C stop the leaders and, after their grace, everything; a second one does not wait.
* Should the supervisor itself be killed, the children notice through ``opsportal.portal.lifeline``.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from types import FrameType

from opsportal.portal.lifeline import VARIABLE

BACKOFF_SECONDS = 1.0
BACKOFF_LONGEST_SECONDS = 30.0
STEADY_SECONDS = 60.0  # a child that ran this long starts again without a longer wait
LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """A program to keep running: its command line, its role, the open files it inherits, its time to stop."""

    name: str
    argv: list[str]
    role: str
    grace_seconds: float
    descriptors: tuple[int, ...] = ()


class Child:
    """One running program, or the wait until it is started again."""

    def __init__(self, spec: ChildSpec, lifeline: int) -> None:
        self.spec = spec
        self.process: subprocess.Popen[bytes] | None = None
        self.start_at = 0.0
        self._lifeline = lifeline
        self._started_at = 0.0
        self._backoff_seconds = BACKOFF_SECONDS

    def start(self) -> None:
        """Start the program in a session of its own."""
        self._started_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603  the command line is the supervisor's own
            self.spec.argv,
            env={**os.environ, "OPSPORTAL_ROLE": self.spec.role, VARIABLE: str(self._lifeline)},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=(self._lifeline, *self.spec.descriptors),
        )

    def signal(self, number: int) -> None:
        """Send a signal to the leader, if it runs."""
        if self.process is not None:
            os.kill(self.process.pid, number)

    def bury_if_dead(self) -> bool:
        """Kill the rest of the session and collect the leader, if the leader has ended; say whether it had.

        The session is killed while the leader still holds its process id, so that the id
        cannot have passed to a stranger.
        """
        if self.process is None:
            return True
        if os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return False
        self.kill_session()
        code = self.process.wait()
        self.process = None
        _say(f"{self.spec.name} {_how(code)}")
        return True

    def kill_session(self) -> None:
        """Kill the leader and everything that it started."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)

    def plan_restart(self) -> None:
        """Set when to start again: soon after a steady run, later each time after a short one."""
        now = time.monotonic()
        if now - self._started_at >= STEADY_SECONDS:
            self._backoff_seconds = BACKOFF_SECONDS
        self.start_at = now + self._backoff_seconds
        _say(f"{self.spec.name} starts again in {self._backoff_seconds:g} s")
        self._backoff_seconds = min(self._backoff_seconds * 2, BACKOFF_LONGEST_SECONDS)


class Supervisor:
    """Starts the children, starts them again when they end, stops them when told to."""

    def __init__(self, specs: Sequence[ChildSpec]) -> None:
        lifeline, self._held_open = os.pipe()
        os.set_inheritable(lifeline, True)
        self._children = [Child(spec, lifeline) for spec in specs]
        self._stop_requests = 0
        self._wake_read, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)

    def run(self) -> int:
        """Run until told to stop; return the exit status."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop_requested)
        signal.signal(signal.SIGCHLD, _noticed)
        while not self._stop_requests:
            self._keep_running()
            self._sleep()
        return self._stop()

    def _keep_running(self) -> None:
        now = time.monotonic()
        for child in self._children:
            if child.process is not None and child.bury_if_dead():
                child.plan_restart()
            elif child.process is None and now >= child.start_at:
                child.start()

    def _stop(self) -> int:
        began = time.monotonic()
        for child in self._children:
            for descriptor in child.spec.descriptors:  # held open, they let callers connect and wait for nobody
                os.close(descriptor)
            child.signal(signal.SIGTERM)
        left = list(self._children)
        while left:
            left = [child for child in left if not child.bury_if_dead()]
            waited = time.monotonic() - began
            for child in left:
                if self._stop_requests > 1 or waited > child.spec.grace_seconds:
                    _say(f"{child.spec.name} did not stop in {waited:.1f} s: killing it")
                    child.kill_session()
            if left:
                self._sleep()
        return 0

    def _stop_requested(self, number: int, frame: FrameType | None) -> None:
        self._stop_requests += 1

    def _sleep(self) -> None:
        """Wait for a signal (a child that ended is one), or a moment."""
        if select.select([self._wake_read], [], [], LOOK_SECONDS)[0]:
            os.read(self._wake_read, 512)


def _noticed(number: int, frame: FrameType | None) -> None:
    """SIGCHLD needs a handler, or it would not end the wait."""


def _how(code: int) -> str:
    if code in {0, -signal.SIGTERM}:
        return "stopped"
    return f"ended with status {code}" if code > 0 else f"ended by {signal.Signals(-code).name}"


def _say(line: str) -> None:
    sys.stderr.write(f"portal: {line}\n")
    sys.stderr.flush()


def supervisor_become(specs: Sequence[ChildSpec]) -> None:
    """Replace this process by the supervisor of ``specs``. Does not return."""
    sys.stdout.flush()
    sys.stderr.flush()
    plan = json.dumps([asdict(spec) for spec in specs])
    os.execv(sys.executable, [sys.executable, "-m", __name__, plan])  # noqa: S606  our own interpreter


if __name__ == "__main__":
    sys.exit(Supervisor([ChildSpec(**spec) for spec in json.loads(sys.argv[1])]).run())
