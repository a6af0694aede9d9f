"""The web server as it is, with trivial views behind the whole middleware, for ``bench.serving``.

``--what bare`` is an ASGI application that answers at once: the floor. ``--what stock`` is Django's ASGI handler
with its own seven middlewares and nothing of ours: what a new project pays.
"""

import argparse
import socket
from importlib import import_module
from typing import Any

import uvicorn

from opsportal.portal.web import config_build

STOCK = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """Answer ``ok`` without Django."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


def stock() -> Any:
    """Return Django's ASGI handler as a new project has it."""
    from django.conf import settings
    from django.core.asgi import get_asgi_application
    from django.http import HttpResponse
    from django.urls import path

    settings.configure(
        SECRET_KEY="bench",  # noqa: S106  signs nothing
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=(path("trivial", lambda request: HttpResponse("ok")),),
        INSTALLED_APPS=["django.contrib." + name for name in ("auth", "contenttypes", "sessions", "messages")],
        MIDDLEWARE=STOCK,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    )
    return get_asgi_application()


def portal() -> Any:
    """Return the portal's application, routed to the trivial views."""
    from django.conf import settings

    settings.ROOT_URLCONF = "bench.served_urls"
    return import_module("opsportal.asgi").application


def main() -> None:
    """Serve on the socket that was passed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--descriptor", type=int, required=True)
    parser.add_argument("--what", choices=("bare", "stock", "portal"), default="portal")
    options = parser.parse_args()
    config = config_build(workers=1)
    config.app = {"bare": lambda: bare, "stock": stock, "portal": portal}[options.what]()
    config.lifespan = "on" if options.what == "portal" else "off"
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=options.descriptor)])


if __name__ == "__main__":
    main()
