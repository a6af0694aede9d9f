"""``manage.py portal``: the whole installation in one foreground process tree."""

import os
import socket
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from ledger.checks import guards_require, guards_warning
from ledger.tasks import verify_all
from opsportal.core.actor import SYSTEM
from opsportal.core.errors import DomainError
from opsportal.institutions.services import first_start
from opsportal.portal import web
from opsportal.portal.supervisor import ChildSpec, supervisor_become
from scenarios.registry.services import registry_sync

BACKLOG = 2048


class Command(BaseCommand):
    """Bring the database up to date, then run web server and worker until Ctrl-C or SIGTERM."""

    help = "Prepare the database, then run the web server and the worker until Ctrl-C or SIGTERM."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command line."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
        parser.add_argument("--workers", type=int, default=1, help="web server processes (default: %(default)s)")

    def handle(self, *args: Any, host: str, port: int, workers: int, **options: Any) -> None:
        """Take the port first: a port in use must be said before anything is changed."""
        os.umask(0o077)  # what the portal writes from here on (database, checkpoints, logs) is its owner's alone
        listener = _socket_bind(host, port)
        self._prepare(verbosity=options["verbosity"])
        _socket_listen(listener, host, port)
        url = f"http://{_url_host(host)}:{listener.getsockname()[1]}/"
        self.stdout.write(f"opsportal is at {url}  (Ctrl-C stops it)")
        # Unless the configuration says where people reach the portal, it is here; it watches itself at this address.
        os.environ.setdefault("OPSPORTAL_SITE_URL", f"http://{_url_host(_reachable(host))}:{listener.getsockname()[1]}")
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(settings.BASE_DIR), os.environ.get("PYTHONPATH")]))
        supervisor_become(_children(listener, workers=workers))

    def _prepare(self, *, verbosity: int) -> None:
        """Bring database and registry up to date. No connection is left to the supervisor."""
        for folder in (settings.STATIC_ROOT, settings.REGISTRY_DIR):
            folder.mkdir(parents=True, exist_ok=True)
        call_command("migrate", interactive=False, verbosity=max(verbosity - 1, 0))
        guards_require()
        if warning := guards_warning():
            self.stderr.write(f"{warning} See docs/ledger.md.")
        call_command("createcachetable", verbosity=0)
        first = first_start()
        if first is not None:
            self.stdout.write(f"First login: {first.username}, password {first.password} (shown only now)")
        try:
            problems = registry_sync(actor=SYSTEM).problems
        except DomainError as refusal:
            self.stderr.write(f"The registry was not loaded: {refusal}")
        else:
            if problems:
                self.stderr.write(f"The registry has {len(problems)} problems: see manage.py registry_check")
        verify_all()
        connections.close_all()


def _children(listener: socket.socket, *, workers: int) -> list[ChildSpec]:
    listener.set_inheritable(True)
    descriptor = listener.detach()
    return [
        ChildSpec(
            name="web",
            argv=[sys.executable, "-m", web.__name__, "--descriptor", str(descriptor), "--workers", str(workers)],
            role="web",
            grace_seconds=web.GRACE_SECONDS,
            descriptors=(descriptor,),
        ),
        ChildSpec(
            name="worker",
            argv=[sys.executable, "-m", "django", "portal_worker"],
            role="worker",
            grace_seconds=settings.STOP_SECONDS,
        ),
    ]


def _socket_bind(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        raise _unusable(host, port, error) from None
    return listener


def _socket_listen(listener: socket.socket, host: str, port: int) -> None:
    try:
        listener.listen(BACKLOG)
    except OSError as error:
        raise _unusable(host, port, error) from None


def _unusable(host: str, port: int, error: OSError) -> CommandError:
    return CommandError(f"cannot listen on {host} port {port}: {error.strerror}. Choose another with --port.")


def _reachable(host: str) -> str:
    """The address under which this machine reaches what listens on ``host``."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104  compared, not bound


def _url_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host
