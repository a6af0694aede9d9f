"""The relay over PostgreSQL: the append notifies, this listens; a slow sweep repairs what a notification missed."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import psycopg

from opsportal.core.topics import Topic
from opsportal.portal.live.batch import Event
from opsportal.portal.live.hub import Hub
from opsportal.portal.live.relay import Relay, RelayBrokenError

CHANNEL = "opsportal_ledger"
SWEEP_SECONDS = 5.0
ANSWER_SECONDS = 10.0
# A server that vanished without a word is noticed in seconds instead of hours.
VIGILANCE = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000}


class PostgresRelay(Relay):
    """Listens on a connection of its own, made with ``parameters`` of libpq."""

    def __init__(self, hub: Hub, topics: Mapping[str, Topic], *, parameters: Mapping[str, Any]) -> None:
        super().__init__(hub, topics)
        self._parameters = {"connect_timeout": 5, **VIGILANCE, **parameters}
        self._connection: psycopg.AsyncConnection[tuple[Any, ...]]

    async def _tail(self) -> None:
        try:
            async with await psycopg.AsyncConnection.connect(**self._parameters, autocommit=True) as connection:
                self._connection = connection
                await connection.execute(f"LISTEN {CHANNEL}")
                await self._bounded(self._sweep())
                while True:
                    await self._listen_once()
        except (psycopg.Error, TimeoutError) as error:
            raise RelayBrokenError(str(error)) from error

    async def _listen_once(self) -> None:
        """Wait for notifications and publish what they are about; sweep when there are none for a while."""
        moved = {note.payload async for note in self._connection.notifies(timeout=SWEEP_SECONDS, stop_after=1)}
        if not moved:
            await self._bounded(self._sweep())
        for institution_id in sorted(moved):
            await self._bounded(self._advance(UUID(institution_id)))
        await asyncio.sleep(self._pause_seconds)

    async def _bounded(self, work: Any) -> None:
        async with asyncio.timeout(ANSWER_SECONDS):
            await work

    async def _heads_read(self) -> dict[UUID, int]:
        rows = await self._connection.execute("SELECT institution_id, seq FROM ledger_head")
        return dict(await rows.fetchall())

    async def _entries_read(self, institution_id: UUID, seq: int, limit: int) -> list[Event]:
        query = (
            "SELECT seq, kind, subject FROM ledger_entry WHERE institution_id = %s AND seq > %s ORDER BY seq LIMIT %s"
        )
        rows = await self._connection.execute(query, (institution_id, seq, limit))
        return list(map(Event._make, await rows.fetchall()))
