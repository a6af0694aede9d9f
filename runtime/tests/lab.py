"""A machine beside a portal, and what a test asks of both."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fake_portal import FakePortal

from ops_runtime.config import State
from ops_runtime.machine import Machine
from ops_runtime.portal import Portal
from ops_runtime.worker import Worker

RUNTIME = Path(__file__).parent.parent


@dataclass
class Lab:
    """A portal and a machine beside each other."""

    portal: FakePortal
    root: Path
    state: State

    def command(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command of ours to its end."""
        return subprocess.run(
            self.argv(*arguments), env=self.env() | environment, capture_output=True, text=True, timeout=60, check=False
        )

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command of ours."""
        return subprocess.Popen(
            self.argv(*arguments), env=self.env(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def argv(self, *arguments: str) -> list[str]:
        """The command line."""
        return [sys.executable, "-m", "ops_runtime", "--state-dir", str(self.state.folder), *arguments]

    def env(self) -> dict[str, str]:
        """An environment that finds the package and nothing else of ours."""
        return {"PYTHONPATH": str(RUNTIME), "PATH": os.environ["PATH"], "HOME": str(self.root.parent)}

    def configure(self, *more: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Enrol, the token in the environment."""
        given = {"OPS_RUNTIME_ACTOR_TOKEN": self.portal.token or "used-up"} | environment
        return self.command(
            *("configure", "--institution-id", self.portal.institution, "--engine-base-url", self.portal.url),
            *("--root-dir", str(self.root), *more),
            **given,
        )

    def rounds(self, count: int = 1, before: Callable[[Machine], None] | None = None) -> None:
        """Do rounds in this process, as ``run`` does them."""
        machine = Machine.open(self.state)
        try:
            if before:
                before(machine)
            with Portal(self.portal.url, key=machine.key, keyid=machine.config.runtime_id) as portal:
                worker = Worker(machine, portal)
                worker._jobs.recover()
                for _ in range(count):
                    worker.round()
        finally:
            machine.close()

    def do(self, payload: dict[str, Any], envelope: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send one order and return the payload of its result."""
        job = self.portal.put(payload, envelope)
        self.rounds()
        return self.portal.result(job)

    def look(self, operation: str, **params: Any) -> dict[str, Any]:
        """Order something that only looks, by an empty plan."""
        payload = self.portal.payload(operation, params)
        return self.do(self.portal.sealed(payload, [], []))

    def sealed(self, operation: str, **params: Any) -> dict[str, Any]:
        """Dry-run an operation and return the executing order for what it found."""
        payload = self.portal.payload(operation, params)
        found = self.do(payload)
        assert found["status"] == "executed", found
        return self.portal.sealed(payload, found["result"]["diff"], found["result"]["preconditions"])

    def effect(self, operation: str, **params: Any) -> dict[str, Any]:
        """Dry-run, seal, carry out."""
        return self.do(self.sealed(operation, **params))

    def tree(self) -> dict[str, bytes]:
        """Every regular file below the root."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and not path.is_symlink()
        }
