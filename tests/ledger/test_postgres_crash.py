"""A PostgreSQL server of our own that crashes in mid-writing: what was acknowledged is there afterwards.

Writers that share their flushes commit before the disk has it; what is tested is that they tell nobody.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.lab.installation import Installation, eventually, free_port
from tests.ledger.fleet import Writers, verified

BINARIES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), Path("/nowhere"))
ROUNDS = 6
pytestmark = [
    pytest.mark.slow,
    pytest.mark.spec("V26"),
    pytest.mark.skipif(not os.environ.get("DATABASE_URL", "").startswith("postgres"), reason="PostgreSQL only"),
    pytest.mark.skipif(not (BINARIES / "initdb").exists(), reason="needs the programs of a PostgreSQL server"),
]


class Server:
    """A server that can be made to crash."""

    def __init__(self, folder: Path) -> None:
        self.data, self.port = folder / "data", free_port()
        self.user = "postgres" if os.geteuid() == 0 else None  # it does not run as root
        if self.user:
            shutil.chown(folder, self.user)
            folder.chmod(0o755)
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"
        self._run("initdb", "-D", str(self.data), "-A", "trust", "-U", "postgres", "--no-sync")

    def start(self) -> None:
        """Start it, recovering what is in its log."""
        options = f"-p {self.port} -k {self.data} -c listen_addresses=127.0.0.1 -c wal_writer_delay=10s"
        self._run("pg_ctl", "-D", str(self.data), "-o", options, "-l", str(self.data / "log"), "-w", "start")

    def crash(self) -> None:
        """End every process of it at once, as a crash does: what was not written to the disk is lost."""
        self._run("pg_ctl", "-D", str(self.data), "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(BINARIES / program), *arguments]
        subprocess.run(command, user=self.user, check=True, stdout=subprocess.DEVNULL, cwd="/", timeout=60)


@pytest.fixture
def server() -> Iterator[Server]:
    """A new server, gone afterwards. Not in pytest's folder: another user has to get to it."""
    with TemporaryDirectory(prefix="opsportal-pg-") as folder:
        made = Server(Path(folder))
        made.start()
        try:
            yield made
        finally:
            made.crash()


def crash_rounds(server: Server, folder: Path, commit: str) -> tuple[int, list[str], dict[str, tuple[int, str]]]:
    """Let four writers write and the server crash, several times; return acknowledged, lost, and what verifies."""
    installation = Installation(folder, server.url)
    installation.django("from django.core.management import call_command\ncall_command('migrate', verbosity=0)")
    writers = Writers(installation, 1)
    for number in range(ROUNDS):
        begun = len(writers.acknowledged()) if writers.acks.exists() else 0
        for side in "abcd":
            writers.fork("one", f"w{number}{side}", seed=number, commit=commit)
        eventually(lambda seen=begun: writers.acks.exists() and len(writers.acknowledged()) > seen + 40, "they write")  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        time.sleep(0.003 * number)
        server.crash()
        writers.wait()
        server.start()
    writers.end()
    subjects = {subject for (subject,) in installation.rows("SELECT subject FROM ledger_entry")}
    acknowledged = writers.acknowledged()
    lost = [name for name, count in acknowledged if any(f"proof:{name}-{n}" not in subjects for n in range(int(count)))]
    return len(acknowledged), lost, verified(installation)


@pytest.mark.parametrize("commit", ["safe", "shared"])
def test_a_crash_of_the_server_loses_nothing_that_was_acknowledged(commit: str, server: Server, tmp_path: Path) -> None:
    acknowledged, lost, chains = crash_rounds(server, tmp_path, commit)
    assert acknowledged > ROUNDS * 40
    assert lost == []
    assert [faults for _, faults in chains.values()] == ["[]"]


def test_the_rounds_can_find_a_loss(server: Server, tmp_path: Path) -> None:
    """The same without waiting for the disk: were nothing lost here, the test above would prove nothing."""
    _, lost, chains = crash_rounds(server, tmp_path, "unsafe")
    assert lost != []
    assert [faults for _, faults in chains.values()] == ["[]"]
