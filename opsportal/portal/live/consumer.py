"""One browser's live socket: says what moved in an institution, in order and without a gap."""

import asyncio
import logging
from collections.abc import Mapping
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from opsportal.core.topics import Topic
from opsportal.portal.live.batch import Batch, message_make
from opsportal.portal.live.feed import NOT_LOGGED_IN, Listener, RefusedToListenError, events_since, listener_admit
from opsportal.portal.live.hub import Hub
from opsportal.portal.live.threads import in_thread

BACKLOG = 500  # more than this is not worth listing: reload

logger = logging.getLogger(__name__)


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """Authorises, subscribes, tells the backlog, then what comes. What the client sends is ignored."""

    def __init__(self, *, hub: Hub, topics: Mapping[str, Topic]) -> None:
        super().__init__()
        self._hub = hub
        self._topics = topics
        self._writer: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Let the person in, or close without a word of why."""
        await self.accept()
        try:
            listener = await self._admit()
        except RefusedToListenError as refusal:
            await self.close(code=refusal.code)
            return
        self._writer = asyncio.create_task(self._tell(listener))
        self._writer.add_done_callback(_ended)

    async def disconnect(self, code: int) -> None:
        """Stop telling."""
        if self._writer is not None:
            self._writer.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Ignore what the client says."""

    async def _admit(self) -> Listener:
        session_key = self.scope["cookies"].get(settings.SESSION_COOKIE_NAME)
        if not session_key:
            raise RefusedToListenError(NOT_LOGGED_IN)
        return await in_thread(listener_admit, session_key, self.scope["url_route"]["kwargs"]["slug"])

    async def _tell(self, listener: Listener) -> None:
        """Tell everything after ``since`` for as long as the person may listen."""
        subscription = self._hub.subscribe(listener)
        try:
            told = await self._catch_up(listener, self._since())
            while True:
                batch = await subscription.take()
                if batch is None or listener.member in batch.members:
                    listener = subscription.listener = await self._admit()
                if batch is None:
                    told = await self._catch_up(listener, told)
                elif batch.last > told:
                    told = await self._tell_batch(listener, batch, told)
        except RefusedToListenError as refusal:
            await self.close(code=refusal.code)
        finally:
            self._hub.unsubscribe(subscription)

    async def _tell_batch(self, listener: Listener, batch: Batch, told: int) -> int:
        if batch.first > told + 1:
            return await self._catch_up(listener, told)
        if batch.first <= told:
            batch = batch.after(told)
        await self.base_send(batch.message(listener.permissions))
        return batch.last

    async def _catch_up(self, listener: Listener, told: int | None) -> int:
        """Tell from the table what follows ``told`` (None: only where it stands); return what has been told."""
        stands, events = await in_thread(events_since, listener.institution_id, told or 0, BACKLOG + 1)
        if told is None:
            await self.base_send(message_make([{"seq": stands}]))
        elif stands < told or len(events) > BACKLOG:
            await self.base_send(message_make([{"seq": stands, "resync": True}]))
        elif events:
            await self.base_send(Batch(events, self._topics).message(listener.permissions))
            return events[-1].seq
        return stands

    def _since(self) -> int | None:
        asked = parse_qs(self.scope["query_string"].decode("latin-1")).get("since", [""])[0]
        return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else None


def _ended(writer: "asyncio.Task[None]") -> None:
    if not writer.cancelled() and (error := writer.exception()) is not None:
        logger.error("live updates: a socket failed", exc_info=error)
