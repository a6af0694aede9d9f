"""An installation of its own for tests with several processes: data folder, database, processes.

It runs on the kind of database that the suite runs on: an SQLite file, or a PostgreSQL database
made for it on the server of DATABASE_URL.
"""

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import psutil
import psycopg

ROOT = Path(__file__).resolve().parent.parent.parent
MARK = "OPSPORTAL_LAB"
T = TypeVar("T")


class Installation:
    """A migrated database and the processes that were started on it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.mark = uuid4().hex
        self._started: list[subprocess.Popen[bytes]] = []
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "opsportal.settings.dev",
            "OPSPORTAL_DATA_DIR": str(folder),
            "DATABASE_URL": url,
            MARK: self.mark,
        }

    def start(self, *command: str, log: str = "log", **environment: str) -> subprocess.Popen[bytes]:
        """Start ``python <command>``; its output goes to ``folder/log``."""
        with (self.folder / log).open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, *command],
                env={**self.environment, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started.append(process)
        return process

    def run(self, *command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run ``python <command>`` to its end."""
        return subprocess.run(
            [sys.executable, *command],
            env={**self.environment, **environment},
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def django(self, code: str) -> str:
        """Run ``code`` with Django set up; return what it printed. Fails when the code does."""
        done = self.run("-c", f"import django; django.setup()\n{code}")
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Read from the database past Django."""
        if self.url.startswith("sqlite"):
            with sqlite3.connect(urlsplit(self.url).path[1:], timeout=20) as connection:
                return connection.execute(query).fetchall()
        with psycopg.connect(self.url) as connection:
            return connection.execute(query).fetchall()

    def processes(self) -> list[psutil.Process]:
        """Return every living process that was started here, or by one that was."""
        return [process for process in psutil.process_iter() if _is_marked(process, self.mark)]

    def log(self, name: str = "log") -> str:
        """Return what the processes have written."""
        path = self.folder / name
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def end(self) -> None:
        """Kill what still runs."""
        for process in self.processes():
            process.kill()
        for started in self._started:
            started.wait()


class Portal:
    """``manage.py portal`` on a free port."""

    def __init__(self, installation: Installation, *, port: int = 0, **environment: str) -> None:
        self.installation = installation
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        manage = str(ROOT / "manage.py")
        self.process = installation.start(manage, "portal", "--port", str(self.port), **environment)

    def wait_until_ready(self) -> "Portal":
        """Wait until pages are answered and the job cluster runs."""
        eventually(self.is_answering, f"the portal answers; {self.installation.log()[-2000:]}", seconds=40)
        eventually(lambda: self.worker_leader() is not None, "the worker runs", seconds=40)
        return self

    def is_answering(self) -> bool:
        """Say whether the login page can be had."""
        try:
            return httpx.get(f"{self.url}/accounts/login/", timeout=10).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def worker_leader(self) -> psutil.Process | None:
        """Return the leader of the worker once its cluster is whole: sentinel, two task processes, two helpers."""
        for process in self.installation.processes():
            if _is_running(process, "portal_worker") and process.pid == os.getpgid(process.pid):
                return process if len(process.children(recursive=True)) >= 5 else None
        return None

    def web_leader(self) -> psutil.Process:
        """Return the web server."""
        return next(p for p in self.installation.processes() if _is_running(p, "opsportal.portal.web"))


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(look: Callable[[], T | None], what: str, *, seconds: float = 60) -> T:
    """Look until it is true, and return what was seen; fail when that takes too long."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


@contextmanager
def template(folder: Path) -> Iterator[str]:
    """Make a migrated database to copy; yield its URL."""
    url = os.environ.get("DATABASE_URL", "")
    if url.startswith("postgres"):
        with _postgres_database(url, "") as made:
            _prepare(folder, made)
            yield made
    else:
        made = f"sqlite:///{folder / 'template.sqlite3'}"
        _prepare(folder, made)
        yield made


@contextmanager
def installation_make(folder: Path, template_url: str) -> Iterator[Installation]:
    """Make an installation on a copy of the template; end its processes afterwards."""
    if template_url.startswith("sqlite"):
        path = folder / "opsportal.sqlite3"
        shutil.copyfile(urlsplit(template_url).path[1:], path)
        with _ended(Installation(folder, f"sqlite:///{path}")) as made:
            yield made
    else:
        name = urlsplit(template_url).path[1:]
        with _postgres_database(template_url, f"TEMPLATE {name}") as url, _ended(Installation(folder, url)) as made:
            yield made


@contextmanager
def _ended(installation: Installation) -> Iterator[Installation]:
    try:
        yield installation
    finally:
        installation.end()


@contextmanager
def _postgres_database(url: str, options: str) -> Iterator[str]:
    name = f"opsportal_lab_{uuid4().hex[:12]}"
    server = urlsplit(url)._replace(path="/postgres").geturl()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} {options}")
    try:
        yield urlsplit(url)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _prepare(folder: Path, url: str) -> None:
    installation = Installation(folder, url)
    installation.django(
        "from django.core.management import call_command\n"
        "call_command('migrate', verbosity=0)\n"
        "call_command('createcachetable', verbosity=0)\n"
        "from django.db import connection\n"
        "if connection.vendor == 'sqlite': connection.cursor().execute('PRAGMA wal_checkpoint(TRUNCATE)')\n"
    )


def _is_marked(process: psutil.Process, mark: str) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == mark
    except psutil.Error:
        return False


def _is_running(process: psutil.Process, word: str) -> bool:
    try:
        return word in process.cmdline()
    except psutil.Error:
        return False
