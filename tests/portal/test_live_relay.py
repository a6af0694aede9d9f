"""What every relay does with heads that move, whatever the database."""

import asyncio
from uuid import UUID, uuid4

from opsportal.core.topics import Topic
from opsportal.portal.live.batch import Event
from opsportal.portal.live.feed import Listener
from opsportal.portal.live.hub import WAITING_BATCHES, Hub, Subscription
from opsportal.portal.live.relay import ENTRIES_AT_ONCE, ENTRIES_WORTH_LISTING, Relay

HOME, AWAY = uuid4(), uuid4()
TOPICS = {"FINDING_OPENED": Topic("findings", "ops.read")}


def listener(institution_id: UUID) -> Listener:
    return Listener("key", 1, None, institution_id, "member:1", frozenset())


class ListRelay(Relay):
    """A relay over ledgers that are lists."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub, TOPICS)
        self.ledgers: dict[UUID, int] = {HOME: 0, AWAY: 0}

    async def _tail(self) -> None:
        raise NotImplementedError  # the tests look by hand

    async def _heads_read(self) -> dict[UUID, int]:
        return dict(self.ledgers)

    async def _entries_read(self, institution_id: UUID, seq: int, limit: int) -> list[Event]:
        stands = self.ledgers[institution_id]
        return [Event(number, "FINDING_OPENED", f"finding:{number}") for number in range(seq + 1, stands + 1)][:limit]

    async def look(self) -> None:
        """Sweep once."""
        await self._sweep()

    async def hear(self, institution_id: UUID) -> None:
        """Be notified of one institution."""
        await self._advance(institution_id)


async def told(subscription: Subscription) -> list[list[int] | None]:
    """Return the seqs of all batches that wait; None where some were lost."""
    seen: list[list[int] | None] = []
    while True:
        try:
            batch = await asyncio.wait_for(subscription.take(), timeout=0.01)
        except TimeoutError:
            return seen
        seen.append([event.seq for event in batch.events] if batch else None)


async def begun(hub: Hub) -> ListRelay:
    relay = ListRelay(hub)
    await relay.look()
    return relay


async def test_what_was_committed_together_is_one_batch_for_its_institution_only() -> None:
    hub = Hub()
    relay = await begun(hub)
    home, away = hub.subscribe(listener(HOME)), hub.subscribe(listener(AWAY))
    relay.ledgers[HOME] = 3
    await relay.look()
    relay.ledgers[HOME] = 4
    await relay.hear(HOME)
    await relay.look()
    assert await told(home) == [[1, 2, 3], [4]]
    assert await told(away) == []


async def test_sockets_that_were_there_first_catch_up_by_table() -> None:
    hub = Hub()
    home = hub.subscribe(listener(HOME))
    relay = ListRelay(hub)
    relay.ledgers[HOME] = 7
    await relay.look()
    assert await told(home) == [None]
    relay.ledgers[HOME] = 8
    await relay.look()
    assert await told(home) == [[8]]


async def test_nobody_listening_moves_the_head_all_the_same() -> None:
    hub = Hub()
    relay = await begun(hub)
    relay.ledgers[HOME] = 5
    await relay.look()
    relay.ledgers[AWAY] = 5
    await relay.hear(AWAY)
    home, away = hub.subscribe(listener(HOME)), hub.subscribe(listener(AWAY))
    relay.ledgers[HOME] = relay.ledgers[AWAY] = 6
    await relay.look()
    assert await told(home) == [[6]]
    assert await told(away) == [[6]]


async def test_a_new_institution_begins_at_its_beginning() -> None:
    hub = Hub()
    relay = await begun(hub)
    new = uuid4()
    subscription = hub.subscribe(listener(new))
    relay.ledgers[new] = 2
    await relay.look()
    assert await told(subscription) == [[1, 2]]


async def test_a_long_backlog_comes_in_parts_and_a_very_long_one_not_at_all() -> None:
    hub = Hub()
    relay = await begun(hub)
    home = hub.subscribe(listener(HOME))
    relay.ledgers[HOME] = ENTRIES_AT_ONCE + 1
    await relay.look()
    assert [len(batch or []) for batch in await told(home)] == [ENTRIES_AT_ONCE, 1]
    relay.ledgers[HOME] += ENTRIES_WORTH_LISTING + 1
    await relay.look()
    assert await told(home) == [None]
    relay.ledgers[HOME] += 1
    await relay.look()
    assert await told(home) == [[relay.ledgers[HOME]]]


async def test_a_restored_backup_makes_everybody_look_again() -> None:
    hub = Hub()
    relay = await begun(hub)
    relay.ledgers[HOME] = 9
    await relay.look()
    home = hub.subscribe(listener(HOME))
    relay.ledgers[HOME] = 4
    await relay.look()
    assert await told(home) == [None]
    relay.ledgers[HOME] = 5
    await relay.look()
    assert await told(home) == [[5]]


async def test_a_reader_that_falls_behind_loses_its_queue_and_knows_it() -> None:
    hub = Hub()
    relay = await begun(hub)
    slow = hub.subscribe(listener(HOME))
    for _ in range(WAITING_BATCHES + 1):
        relay.ledgers[HOME] += 1
        await relay.look()
    assert await told(slow) == [None]


async def test_an_institution_without_sockets_is_forgotten() -> None:
    hub = Hub()
    first, second = hub.subscribe(listener(HOME)), hub.subscribe(listener(HOME))
    assert (HOME in hub, hub.size) == (True, 2)
    hub.unsubscribe(first)
    hub.unsubscribe(second)
    assert (HOME in hub, hub.size) == (False, 0)
