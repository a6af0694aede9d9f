"""A websocket client that speaks ASGI (Channels' own needs daphne to be imported)."""

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator

PATIENCE_SECONDS = 5.0


class Socket:
    """A websocket to ``app``."""

    def __init__(self, app: Any, path: str, headers: list[tuple[bytes, bytes]]) -> None:
        plain, _, query = path.partition("?")
        scope = {"type": "websocket", "path": plain, "query_string": query.encode(), "headers": headers}
        self._wire: Any = ApplicationCommunicator(app, scope)  # type: ignore[no-untyped-call]  # asgiref has no types

    async def connect(self) -> bool:
        """Ask to be let in; say whether the socket was accepted."""
        await self._wire.send_input({"type": "websocket.connect"})
        answer = await self._wire.receive_output(PATIENCE_SECONDS)
        return bool(answer["type"] == "websocket.accept")

    async def say(self, **content: Any) -> None:
        """Send ``text=`` or ``bytes=``."""
        await self._wire.send_input({"type": "websocket.receive", **content})

    async def hear(self) -> Any:
        """Return the next message, parsed."""
        message = await self._wire.receive_output(PATIENCE_SECONDS)
        assert message["type"] == "websocket.send", message
        return json.loads(message["text"])

    async def closed_with(self) -> int:
        """Return the code that the server closes with; fail if it says anything before."""
        message = await self._wire.receive_output(PATIENCE_SECONDS)
        assert message["type"] == "websocket.close", message
        return int(message.get("code", 1000))

    async def leave(self) -> None:
        """Close from the client's side, and wait until the application has ended."""
        await self._wire.send_input({"type": "websocket.disconnect", "code": 1000})
        await self._wire.wait(PATIENCE_SECONDS)
