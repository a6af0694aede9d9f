"""Which sockets there are, and from which pages they may be opened."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import URLRouter
from channels.sessions import CookieMiddleware
from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.urls import re_path

from opsportal.core.topics import Topic
from opsportal.portal.asgi_types import App, Receive, Scope, Send
from opsportal.portal.live.consumer import LiveConsumer
from opsportal.portal.live.hub import Hub


def sockets(hub: Hub, topics: Mapping[str, Topic]) -> App:
    """Return the ASGI application of all sockets."""
    live = LiveConsumer.as_asgi(hub=hub, topics=topics)
    routes = URLRouter([re_path(r"^ws/i/(?P<slug>[-a-z0-9]{1,40})/$", live), re_path(r"", NoSuchSocket.as_asgi())])
    return OwnPagesOnly(CookieMiddleware(routes))


class NoSuchSocket(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """Refuses every other path."""

    async def connect(self) -> None:
        """Close before accepting: the browser sees a 403."""
        await self.close()


class OwnPagesOnly:
    """Refuses sockets that a page of another site opens: browsers send them with this site's cookies.

    As for forms, the origin must be the very host that was asked (port included) or one of
    CSRF_TRUSTED_ORIGINS; a host alone, as Channels compares, would let in every port of it.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the socket on, or refuse it."""
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1")
        if _is_trusted(origin, host=headers.get(b"host", b"").decode("latin-1")):
            await self._app(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close"})


def _is_trusted(origin: str, *, host: str) -> bool:
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    domain, _ = split_domain_port(host)
    parts = urlsplit(origin)
    is_here = parts.scheme in {"http", "https"} and parts.netloc == host
    return is_here and bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)
