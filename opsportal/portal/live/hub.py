"""Hands what the relay read to the sockets of this process."""

import asyncio
from collections import deque
from uuid import UUID

from opsportal.portal.live.batch import Batch
from opsportal.portal.live.feed import Listener

WAITING_BATCHES = 64


class Subscription:
    """What one socket has not been told yet. One that falls too far behind loses it, and catches up by table."""

    __slots__ = ("_arrived", "_batches", "has_lost", "listener")

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self._batches: deque[Batch] = deque()
        self._arrived: asyncio.Future[None] | None = None
        self.has_lost = False

    def put(self, batch: Batch) -> None:
        """Add a batch; when too many wait, drop them all instead."""
        if len(self._batches) >= WAITING_BATCHES:
            self.lose()
            return
        self._batches.append(batch)
        self._wake()

    def lose(self) -> None:
        """Make the reader catch up by table."""
        self._batches.clear()
        self.has_lost = True
        self._wake()

    async def take(self) -> Batch | None:
        """Wait for the next batch; None when some were lost."""
        while not self._batches and not self.has_lost:
            self._arrived = asyncio.get_running_loop().create_future()
            await self._arrived
        if self.has_lost:
            self.has_lost = False
            return None
        return self._batches.popleft()

    def _wake(self) -> None:
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_result(None)


class Hub:
    """The sockets of each institution. One per web process, used on its event loop only."""

    def __init__(self) -> None:
        self._subscriptions: dict[UUID, set[Subscription]] = {}

    def __contains__(self, institution_id: UUID) -> bool:
        """Say whether somebody listens to an institution."""
        return institution_id in self._subscriptions

    @property
    def size(self) -> int:
        """How many sockets listen."""
        return sum(map(len, self._subscriptions.values()))

    def subscriptions(self) -> list[Subscription]:
        """Return the subscriptions of all sockets."""
        return [one for institution in self._subscriptions.values() for one in institution]

    def subscribe(self, listener: Listener) -> Subscription:
        """Return a subscription that fills from now on."""
        subscription = Subscription(listener)
        self._subscriptions.setdefault(listener.institution_id, set()).add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription."""
        institution_id = subscription.listener.institution_id
        mine = self._subscriptions[institution_id]
        mine.discard(subscription)
        if not mine:
            del self._subscriptions[institution_id]

    def publish(self, institution_id: UUID, batch: Batch) -> None:
        """Hand ``batch`` to everybody who listens to the institution."""
        for subscription in self._subscriptions.get(institution_id, ()):
            subscription.put(batch)

    def lose(self, institution_id: UUID) -> None:
        """Make everybody who listens to the institution catch up by table."""
        for subscription in self._subscriptions.get(institution_id, ()):
            subscription.lose()

    def lose_all(self) -> None:
        """Make everybody catch up by table."""
        for institution_id in self._subscriptions:
            self.lose(institution_id)
