"""Duplicates among 100,000 small files: the runtime's ``files.scan`` against ``fdupes`` and ``rdfind``.

The clock is CPU of this process and its children, since three programs share the disk's cache and the machine is noisy.
The runtime's scan runs as it does in the program, which does not start anew for each job.
"""

import importlib
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.report import Row, interleaved, row, suite_report

RUNTIME = Path(__file__).parent.parent / "runtime"
FILES, FOLDERS, CONTENTS, EVERY = 100_000, 500, 3_000, 5
SIZE_MAX = 4_096
ROUNDS = 7
PEERS: dict[str, list[str]] = {
    "fdupes": ["fdupes", "-r", "-q", "-m"],
    "rdfind": ["rdfind", "-dryrun", "true", "-outputname", "/dev/null"],
}


def measure() -> list[Row]:
    """Make the files, let the three find the duplicates in turn, and compare with the faster peer."""
    peers = {name: command for name, command in PEERS.items() if shutil.which(name)}
    if not peers:
        print("not measured, for lack of fdupes and rdfind (apt-get install fdupes rdfind)")
        return []
    with tempfile.TemporaryDirectory(prefix="bench-scan-") as folder:
        _files_make(Path(folder))
        competitors: dict[str, Callable[[], object]] = {"ours": _ours(Path(folder))}
        competitors |= {name: _peer([*command, folder]) for name, command in peers.items()}
        for run in competitors.values():
            run()
        spent = interleaved(competitors, rounds=ROUNDS, clock=_cpu)
    faster = min(peers, key=lambda name: spent[name])
    return [
        row(
            f"files.scan against {name}",
            FILES / spent["ours"],
            "files/s of CPU",
            baseline=FILES / spent[name],
            ratio=spent[name] / spent["ours"],
            goal=">= 1.0" if name == faster else "",
        )
        for name in peers
    ]


def _files_make(folder: Path) -> None:
    """Write files of up to 4 KiB, every fifth of them one of 3,000 contents."""
    chance = random.Random(7)  # noqa: S311  the same files each time
    for number in range(FOLDERS):
        (folder / f"d{number:03d}").mkdir()
    pool = [chance.randbytes(chance.randrange(1, SIZE_MAX)) for _ in range(CONTENTS)]
    for number in range(FILES):
        is_copy = number % EVERY == 0
        body = chance.choice(pool) if is_copy else chance.randbytes(chance.randrange(1, SIZE_MAX))
        (folder / f"d{number % FOLDERS:03d}" / f"f{number:06d}.dat").write_bytes(body)


def _ours(folder: Path) -> Callable[[], object]:
    sys.path.insert(0, str(RUNTIME))
    duplicates: Any = importlib.import_module("ops_runtime.duplicates")
    root = importlib.import_module("ops_runtime.root").Root(folder)

    def run() -> None:
        found = duplicates.duplicates_below(root, (), min_size=1, limit=1 << 40)
        assert found.files == FILES
        assert not found.skipped

    return run


def _peer(command: list[str]) -> Callable[[], object]:
    return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _cpu() -> float:
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


if __name__ == "__main__":
    sys.exit(not suite_report("scan", measure()))
