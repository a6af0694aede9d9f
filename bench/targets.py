"""Two thousand web servers on loopback, and the exporter that looks at them for comparison.

nginx answers on every address of 127/8, so each target is an origin of its own. Both programs are Debian's
(packages nginx-light and prometheus-blackbox-exporter); they are started here and ended with the block.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

import psutil

NGINX = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_timeout 0; default_type application/json;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder};
  scgi_temp_path {folder};
  server {{ listen {port} backlog=4096;
    location = /ok {{ return 200 '{{"status":"ok","service":"bench","version":"1.0"}}'; }}
    location = /broken {{ return 503 '{{"status":"fail"}}'; }}
  }}
}}
"""
BLACKBOX = "modules:\n  http_2xx:\n    prober: http\n    http:\n      preferred_ip_protocol: ip4\n"


class MissingToolError(Exception):
    """A program that the comparison needs is not installed."""


def addresses(count: int) -> list[str]:
    """Return ``count`` different loopback addresses."""
    return [f"127.1.{1 + number // 250}.{1 + number % 250}" for number in range(count)]


@contextmanager
def web_servers(folder: Path) -> Iterator[int]:
    """Run nginx on every loopback address; yield its port."""
    port = _free_port()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    with _running([_tool("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf")], port):
        yield port


@contextmanager
def blackbox(folder: Path) -> "Iterator[Exporter]":
    """Run the blackbox exporter; yield a driver for it."""
    port = _free_port()
    (folder / "blackbox.yml").write_text(BLACKBOX)
    command = [
        _tool("prometheus-blackbox-exporter"),
        f"--config.file={folder / 'blackbox.yml'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=error",
    ]
    with _running(command, port) as process:
        yield Exporter(port, psutil.Process(process.pid))


class Exporter:
    """Asks the exporter to look at targets, and reads how much CPU that took it."""

    def __init__(self, port: int, process: psutil.Process) -> None:
        self.port, self.process = port, process

    def probe(self, targets: Sequence[str], *, concurrency: int = 50) -> float:
        """Have every target looked at once; return the CPU seconds that the exporter spent."""
        before = self._cpu()
        shares = [targets[number::concurrency] for number in range(concurrency)]
        with ThreadPoolExecutor(concurrency) as pool:
            list(pool.map(self._probe_all, shares))
        return self._cpu() - before

    def _probe_all(self, targets: Sequence[str]) -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        for target in targets:
            connection.request("GET", f"/probe?module=http_2xx&target={quote(target, safe='')}")
            answer = connection.getresponse().read()
            assert b"probe_success 1" in answer or b"probe_success 0" in answer
        connection.close()

    def _cpu(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)


@contextmanager
def _running(command: list[str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ))
    try:
        deadline = time.monotonic() + 10
        while process.poll() is None and time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        if process.poll() is not None:
            raise MissingToolError(f"{command[0]} ended at once with code {process.returncode}")
        yield process
    finally:
        process.terminate()
        process.wait(10)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _tool(name: str) -> str:
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if path is None:
        raise MissingToolError(f"{name} is not installed; apt-get install nginx-light prometheus-blackbox-exporter")
    return path
