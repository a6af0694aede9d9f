"""The relay over SQLite: a read-only connection of its own that asks every 50 ms whether anything was committed.

``PRAGMA data_version`` costs microseconds and changes with every commit of another connection,
in this process or in any other. Readers never wait in WAL mode, so this runs on the event loop.
"""

import asyncio
import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from uuid import UUID

from opsportal.core.topics import Topic
from opsportal.portal.live.batch import Event
from opsportal.portal.live.hub import Hub
from opsportal.portal.live.relay import Relay, RelayBrokenError

POLL_SECONDS = 0.05
FILE_LOOKS = 20  # polls between two looks at whether the file is still the same one


class SqliteRelay(Relay):
    """Polls the database file at ``path``."""

    def __init__(self, hub: Hub, topics: Mapping[str, Topic], *, path: str) -> None:
        super().__init__(hub, topics)
        self._path = path
        self._connection: sqlite3.Connection

    async def _tail(self) -> None:
        try:
            identity = self._identity()
            with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, isolation_level=None)) as connection:
                self._connection = connection
                await self._poll(identity)
        except (sqlite3.Error, OSError) as error:
            raise RelayBrokenError(str(error)) from error

    async def _poll(self, identity: tuple[int, int]) -> None:
        """Look until the file is another one (a restored backup), then return to open that."""
        version, looks = -1, 0
        while looks % FILE_LOOKS or identity == self._identity():
            (now,) = self._connection.execute("PRAGMA data_version").fetchone()
            if now != version:
                version = now
                await self._sweep()
            looks += 1
            await asyncio.sleep(max(POLL_SECONDS, self._pause_seconds))

    def _identity(self) -> tuple[int, int]:
        found = os.stat(self._path)
        return found.st_dev, found.st_ino

    async def _heads_read(self) -> dict[UUID, int]:
        rows = self._connection.execute("SELECT institution_id, seq FROM ledger_head").fetchall()
        return {UUID(institution_id): seq for institution_id, seq in rows}

    async def _entries_read(self, institution_id: UUID, seq: int, limit: int) -> list[Event]:
        query = "SELECT seq, kind, subject FROM ledger_entry WHERE institution_id = ? AND seq > ? ORDER BY seq LIMIT ?"
        return list(map(Event._make, self._connection.execute(query, (institution_id.hex, seq, limit))))
