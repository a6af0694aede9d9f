"""The root of the web server: each connection goes where it belongs."""

import gc
from typing import cast

from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler

from opsportal.portal.asgi_types import App, Receive, Scope, Send
from opsportal.portal.body_limit import BodyLimit
from opsportal.portal.live.doorkeeper import doors_keep
from opsportal.portal.live.hub import Hub
from opsportal.portal.live.runner import relay_make, task_start
from opsportal.portal.live.sockets import sockets
from opsportal.portal.live.topics import topics_of_apps
from opsportal.portal.wsgi_bridge import WsgiBridge

# Answers that stream while they are computed: Django's asynchronous handler holds no thread for them.
ASYNC_PATHS = frozenset({"/api/v1/agents/chat"})


class Application:
    """Pages and API go through Django's WSGI handler, or all of it through its ASGI handler (OPSPORTAL_HTTP)."""

    def __init__(self, django_asgi: ASGIHandler) -> None:
        limit = settings.BODY_LIMIT_BYTES
        self._bridge = WsgiBridge(WSGIHandler(), threads=settings.WEB_THREADS)
        self._asynchronous: App = BodyLimit(cast(App, django_asgi), limit_bytes=limit)
        by_thread: App = BodyLimit(self._bridge, limit_bytes=limit)
        self._http = by_thread if settings.HTTP_VIA == "wsgi" else self._asynchronous
        self._hub, self._topics = Hub(), topics_of_apps()
        self._sockets = sockets(self._hub, self._topics)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, or the life of the server."""
        if scope["type"] == "http":
            app = self._asynchronous if scope["path"] in ASYNC_PATHS else self._http
            await app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._sockets(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        _settle()
        tasks = [task_start(relay_make(self._hub, self._topics).run()), task_start(doors_keep(self._hub))]
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in tasks:
            task.cancel()
        self.close()
        await send({"type": "lifespan.shutdown.complete"})

    def close(self) -> None:
        """Take no more requests."""
        self._bridge.close()


def _settle() -> None:
    """Take what was imported out of the garbage collector's sight: a full pass over it stops everything for 0.2 s."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20, 100)  # a pass over 1,000 sockets takes half as long: seldom
