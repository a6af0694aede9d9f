"""Tails the ledger: whatever any process commits reaches the hub of this one.

By ``(institution, seq)`` and never by time or row id: the lock on a head makes its seq
gapless and ordered by commit, so nothing can appear behind what was already read.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping
from uuid import UUID

from opsportal.core.topics import Topic
from opsportal.portal.live.batch import Batch, Event
from opsportal.portal.live.hub import Hub

ENTRIES_AT_ONCE = 500
ENTRIES_WORTH_LISTING = 2000
RETRY_SECONDS = 1.0
PAUSE_SECONDS = 0.025
PAUSE_SECONDS_PER_SOCKET = 40e-6  # what telling one costs, twice: a burst may take half of the processor

logger = logging.getLogger(__name__)


class RelayBrokenError(Exception):
    """The connection to the database is of no use any more."""


class Relay(ABC):
    """Reads what is new and publishes it. ``run`` never ends by itself; heads outlive the connections."""

    def __init__(self, hub: Hub, topics: Mapping[str, Topic]) -> None:
        self._hub = hub
        self._topics = topics
        self._heads: dict[UUID, int] | None = None

    async def run(self) -> None:
        """Tail until cancelled; reconnect when the connection breaks."""
        while True:
            try:
                await self._tail()
            except RelayBrokenError as error:
                logger.warning("live updates: the relay lost its database: %s", error)
                await asyncio.sleep(RETRY_SECONDS)

    @abstractmethod
    async def _tail(self) -> None:
        """Connect and publish what comes. Raises RelayBrokenError."""

    @abstractmethod
    async def _heads_read(self) -> dict[UUID, int]:
        """Return the seq of every chain."""

    @abstractmethod
    async def _entries_read(self, institution_id: UUID, seq: int, limit: int) -> list[Event]:
        """Return entries after ``seq``, oldest first."""

    async def _sweep(self) -> None:
        """Look at every head; publish where one has moved."""
        heads = await self._heads_read()
        if self._heads is None:
            self._heads = heads
            self._hub.lose_all()  # sockets that were here before us missed what came in between
        for institution_id, seq in heads.items():
            if seq != self._heads.get(institution_id, 0):
                await self._advance(institution_id, seq)

    async def _advance(self, institution_id: UUID, to: int | None = None) -> None:
        """Publish what follows the known head of one institution; ``to`` is where it stands, if that is known."""
        heads = self._heads = self._heads or {}
        known = heads.get(institution_id, 0)
        is_elsewhere = to is not None and not known <= to <= known + ENTRIES_WORTH_LISTING
        if is_elsewhere or institution_id not in self._hub:
            heads[institution_id] = to if to is not None else (await self._heads_read()).get(institution_id, 0)
            if is_elsewhere:  # a restored backup, or more than anybody wants to be told
                self._hub.lose(institution_id)
            return
        while events := await self._entries_read(institution_id, known, ENTRIES_AT_ONCE):
            self._hub.publish(institution_id, Batch(events, self._topics))
            heads[institution_id] = known = events[-1].seq
            if len(events) < ENTRIES_AT_ONCE:
                break

    @property
    def _pause_seconds(self) -> float:
        """How long to collect before the next look, so that a burst becomes few messages."""
        return PAUSE_SECONDS + PAUSE_SECONDS_PER_SOCKET * self._hub.size
