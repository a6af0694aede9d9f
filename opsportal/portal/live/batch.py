"""Events on their way to browsers: read once, written once for each kind of reader."""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from opsportal.core.topics import Topic
from opsportal.portal.asgi_types import Message


class Event(NamedTuple):
    """What the live updates tell of one ledger entry."""

    seq: int
    kind: str
    subject: str


class Batch:
    """Events of one institution with ascending seq, without a gap between them."""

    def __init__(self, events: Sequence[Event], topics: Mapping[str, Topic]) -> None:
        self.events = events
        self.first, self.last = events[0].seq, events[-1].seq
        self._topics = topics
        self._messages: dict[frozenset[str], Message] = {}

    @cached_property
    def members(self) -> frozenset[str]:
        """The members whose standing may have changed, as ``member:<code>``."""
        return frozenset(event.subject for event in self.events if event.subject.startswith("member:"))

    def message(self, permissions: frozenset[str]) -> Message:
        """Return the ASGI message for people who hold ``permissions``; the same object for all of them."""
        message = self._messages.get(permissions)
        if message is None:
            message = message_make([self._told(event, permissions) for event in self.events])
            self._messages[permissions] = message
        return message

    def after(self, seq: int) -> "Batch":
        """Return the events after ``seq``; there must be one."""
        return Batch([event for event in self.events if event.seq > seq], self._topics)

    def _told(self, event: Event, permissions: frozenset[str]) -> dict[str, object]:
        topic = self._topics.get(event.kind)
        if topic is None or topic.permission not in permissions:
            return {"seq": event.seq}
        return {"seq": event.seq, "kind": event.kind, "topic": topic.name, "subject": event.subject}


def message_make(events: Sequence[Mapping[str, object]]) -> Message:
    """Return the ASGI message that tells ``events``."""
    return {"type": "websocket.send", "text": json.dumps(events, separators=(",", ":"))}
