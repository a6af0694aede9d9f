"""Several processes on one ledger: killed at any moment, and all at once."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.installation import Installation, installation_make, template
from tests.ledger.fleet import Writers, verified

pytestmark = [pytest.mark.slow, pytest.mark.spec("V26")]
ROUNDS = 100


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
