"""Many writers, each a process, and what they were told."""

import json
import subprocess
import sys
from uuid import UUID

from tests.lab.installation import ROOT, Installation

WRITERS = str(ROOT / "tests" / "ledger" / "writers.py")
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

    def fork(self, mode: str, name: str, *, seed: int, units: int | None = None, commit: str = "safe") -> int:
        """Start one writer; return its pid."""
        order: dict[str, object] = {
            "mode": mode,
            "name": name,
            "institutions": self.institutions,
            "seed": seed,
            "commit": commit,
        }
        order["acks"] = str(self.acks)
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


def verified(installation: Installation) -> dict[str, tuple[int, str]]:
    """Return size and faults of every chain."""
    lines = [line.split(" ", 2) for line in installation.django(VERIFY).splitlines()]
    return {institution: (int(size), faults) for institution, size, faults in lines}
