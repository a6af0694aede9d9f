"""Refuses a request body that is larger than anything the portal accepts, before it is read."""

import json

from opsportal.portal.asgi_types import App, Message, Receive, Scope, Send


class BodyLimit:
    """Wraps an ASGI application; answers 413 to a body of more than ``limit_bytes``."""

    def __init__(self, app: App, *, limit_bytes: int) -> None:
        self._app = app
        self._limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting what it sends."""
        headers = dict(scope["headers"])
        declared = headers.get(b"content-length", b"")
        if declared.isdigit() and int(declared) > self._limit_bytes:
            await self._refuse(send)
        elif b"transfer-encoding" not in headers:  # the server holds the client to the length it declared
            await self._app(scope, receive, send)
        else:
            await self._count(scope, receive, send)

    async def _count(self, scope: Scope, receive: Receive, send: Send) -> None:
        """To the application a client that sends too much has left; it answers nothing, and we do."""
        received = 0

        async def counted() -> Message:
            nonlocal received
            message: Message = await receive()
            received += len(message.get("body", b""))
            return {"type": "http.disconnect"} if received > self._limit_bytes else message

        await self._app(scope, counted, send)
        if received > self._limit_bytes:
            await self._refuse(send)

    async def _refuse(self, send: Send) -> None:
        problem = {
            "type": "about:blank",
            "title": "The request is too large",
            "status": 413,
            "detail": f"A request body may have {self._limit_bytes} bytes.",
            "code": "BODY_TOO_LARGE",
        }
        headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(problem).encode()})
