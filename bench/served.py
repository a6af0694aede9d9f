"""The web server as it is, with trivial views behind the whole middleware, for ``bench.serving``.

``--bare`` serves an ASGI application that answers at once: the floor.
"""

import argparse
import socket
from typing import Any

import uvicorn

from opsportal.portal.web import config_build


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """Answer ``ok`` without Django."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


def application() -> Any:
    """Return the portal's application, routed to the trivial views."""
    from django.conf import settings

    from opsportal.asgi import application as portal

    settings.ROOT_URLCONF = "bench.served_urls"
    return portal


def main() -> None:
    """Serve on the socket that was passed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--descriptor", type=int, required=True)
    parser.add_argument("--bare", action="store_true")
    options = parser.parse_args()
    config = config_build(workers=1)
    config.app = bare if options.bare else application()
    config.lifespan = "off" if options.bare else "on"
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=options.descriptor)])


if __name__ == "__main__":
    main()
