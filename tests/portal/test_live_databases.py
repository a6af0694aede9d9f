"""The relay on a real database that other processes write to: nothing lost, nothing twice, in order."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from opsportal.portal.live import relay_postgres
from opsportal.portal.live.feed import Listener
from opsportal.portal.live.hub import Hub, Subscription
from opsportal.portal.live.relay import Relay
from opsportal.portal.live.relay_postgres import PostgresRelay
from opsportal.portal.live.relay_sqlite import SqliteRelay
from tests.lab.installation import Installation

pytestmark = pytest.mark.slow
BEGIN = "from tests.ledger.factories import append, chain; from uuid import UUID; h = UUID({!r}); "


class Tail:
    """A relay on an installation's database, and what it tells of one institution."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.institution_id = uuid4()
        self.hub = Hub()
        self.subscription: Subscription
        self._task: asyncio.Task[None]

    def write(self, code: str) -> None:
        """Run ``code`` in another process; ``h`` is the institution."""
        self.installation.django(BEGIN.format(str(self.institution_id)) + code)

    def relay(self) -> Relay:
        if self.installation.url.startswith("sqlite"):
            return SqliteRelay(self.hub, {}, path=urlsplit(self.installation.url).path[1:])
        return PostgresRelay(self.hub, {}, parameters={"conninfo": self.installation.url})

    async def begin(self) -> None:
        self.subscription = self.hub.subscribe(Listener("key", 1, None, self.institution_id, "member:1", frozenset()))
        self._task = asyncio.create_task(self.relay().run())
        assert await self.subscription.take() is None  # it has read the heads

    async def end(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    async def seqs(self, count: int, *, seconds: float = 20) -> list[int]:
        """Return the seqs that it tells, in the order of telling, until there are ``count``."""
        seen: list[int] = []
        async with asyncio.timeout(seconds):
            while len(seen) < count:
                batch = await self.subscription.take()
                assert batch is not None, "some were lost"
                seen.extend(event.seq for event in batch.events)
        return seen


@pytest.fixture
async def tail(installation: Installation) -> AsyncIterator[Tail]:
    made = Tail(installation)
    await asyncio.to_thread(made.write, "chain(institution_id=h)")
    await made.begin()
    yield made
    await made.end()


async def test_entries_of_many_writers_arrive_once_and_in_order(tail: Tail) -> None:
    code = BEGIN.format(str(tail.institution_id)) + "[append(h, count=n % 3 + 1) for n in range(30)]"
    django = f"import django; django.setup()\n{code}"
    writers = [tail.installation.start("-c", django, log=f"writer{number}") for number in range(3)]
    assert await tail.seqs(180, seconds=40) == list(range(1, 181))
    assert [await asyncio.to_thread(writer.wait) for writer in writers] == [0, 0, 0]


async def test_a_transaction_that_is_rolled_back_is_never_told(tail: Tail) -> None:
    await asyncio.to_thread(
        tail.write,
        "from django.db import transaction\n"
        "try:\n"
        "    with transaction.atomic():\n"
        "        append(h, count=3)\n"
        "        raise LookupError\n"
        "except LookupError:\n"
        "    append(h)\n",
    )
    assert await tail.seqs(1) == [1]


async def test_a_lost_connection_loses_nothing(tail: Tail) -> None:
    if tail.installation.url.startswith("sqlite"):
        pytest.skip("there is no connection to lose")
    await asyncio.to_thread(tail.write, "append(h)")
    seen = await tail.seqs(1)
    listening = tail.installation.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    assert listening == [(True,)]
    await asyncio.to_thread(tail.write, "append(h, count=4)")
    assert seen + await tail.seqs(4) == [1, 2, 3, 4, 5]


async def test_a_notification_that_never_came_is_made_good(tail: Tail, monkeypatch: pytest.MonkeyPatch) -> None:
    if tail.installation.url.startswith("sqlite"):
        pytest.skip("nothing is notified")
    await tail.end()
    monkeypatch.setattr(relay_postgres, "SWEEP_SECONDS", 0.3)
    monkeypatch.setattr(relay_postgres, "CHANNEL", "somewhere_else")
    tail.hub.unsubscribe(tail.subscription)
    await tail.begin()
    await asyncio.to_thread(tail.write, "append(h)")
    assert await tail.seqs(1) == [1]


async def test_a_restored_file_is_noticed(tail: Tail) -> None:
    if not tail.installation.url.startswith("sqlite"):
        pytest.skip("there is no file")
    path = Path(urlsplit(tail.installation.url).path[1:])
    await asyncio.to_thread(tail.write, "append(h, count=2)")
    assert await tail.seqs(2) == [1, 2]
    backup = path.with_name("backup.sqlite3")
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(backup)) as target:
        source.backup(target)
    await asyncio.to_thread(tail.write, "append(h, count=2)")
    assert await tail.seqs(2) == [3, 4]
    for leftover in ("-wal", "-shm"):
        Path(f"{path}{leftover}").unlink(missing_ok=True)
    os.replace(backup, path)
    async with asyncio.timeout(10):
        assert await tail.subscription.take() is None  # everybody looks again
    await asyncio.to_thread(tail.write, "append(h)")
    assert await tail.seqs(1) == [3]
