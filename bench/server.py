"""Servers in processes of their own: the portal's web server, or a small program to compare it with."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

WEB = "opsportal.portal.web"


class Server:
    """A process that listens on loopback; its CPU time is what is measured."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        self.port = port
        self._process = psutil.Process(process.pid)

    @property
    def cpu_seconds(self) -> float:
        """CPU that the process has used so far, in all its threads."""
        spent = self._process.cpu_times()
        return float(spent.user + spent.system)


@contextmanager
def server_running(module: str, *options: str, **environment: str) -> Iterator[Server]:
    """Run ``python -m module --descriptor <a listening socket>``; end it with the block."""
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener, tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-m", module, "--descriptor", str(listener.fileno()), *options],
            env={**os.environ, "OPSPORTAL_ROLE": "web", **environment},
            pass_fds=[listener.fileno()],
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        port = listener.getsockname()[1]
        listener.close()
        try:
            yield Server(process, port)
        except (OSError, asyncio.IncompleteReadError):
            said.seek(0)
            print(said.read().decode()[-2000:], file=sys.stderr)
            raise
        finally:
            process.terminate()
            process.wait()
