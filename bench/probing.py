"""Looking at 2,000 origins, each over a fresh connection, against blackbox_exporter looking at the same ones.

Needs nginx, prometheus-blackbox-exporter and wrk (Debian's packages). CPU per look is what counts; blackbox also renders
its metrics, which is part of how it is used, while our looks also judge a JSON condition in one of the rows.
"""

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import NamedTuple

import httpx
import psutil

from bench.report import Row, row, suite_report

LOOKS = 2000
ROUNDS = 5
NEEDED = ("nginx", "prometheus-blackbox-exporter", "wrk")
HOSTS = [f"127.1.{number // 250}.{number % 250 + 1}" for number in range(LOOKS)]
NGINX = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log crit;
events {{ worker_connections 8192; }}
http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 0.0.0.0:{port} backlog=4096; default_type application/json;
    location / {{ return 200 '{{"status":"ok","queue":3,"version":"1.2.3","n":1}}'; }} }} }}
"""
BLACKBOX = """
modules:
  http_2xx: {prober: http, timeout: 5s, http: {preferred_ip_protocol: ip4}}
  tcp_connect: {prober: tcp, timeout: 5s, tcp: {preferred_ip_protocol: ip4}}
"""


class Spent(NamedTuple):
    """CPU milliseconds per look, and looks per second on the wall."""

    cpu: float
    rate: float


def main() -> int:
    """Measure, print, write; 1 when a goal was missed."""
    if missing := [name for name in NEEDED if not shutil.which(name)]:
        print(f"probing: not measured, for lack of {', '.join(missing)}")
        return 1
    return int(not suite_report("probing", measure()))


def measure() -> list[Row]:
    """Interleave our looks and blackbox's."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsportal.settings.dev")
    import django

    django.setup()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="opsportal-bench-")))
        port = stack.enter_context(_origins(folder))
        blackbox = stack.enter_context(_Blackbox.running(folder))
        ours = _Ours(port)
        competitors: dict[str, Callable[[], Spent]] = {
            "http": lambda: ours.looked("http"),
            "json": lambda: ours.looked("json"),
            "tcp": lambda: ours.looked("tcp"),
            "blackbox http": lambda: blackbox.probed("http_2xx", [f"http://{host}:{port}/" for host in HOSTS]),
            "blackbox tcp": lambda: blackbox.probed("tcp_connect", [f"{host}:{port}" for host in HOSTS]),
        }
        spent: dict[str, list[Spent]] = {name: [] for name in competitors}
        for number in range(ROUNDS + 1):
            for name, run in competitors.items():
                found = run()
                if number:  # the first round warms up
                    spent[name].append(found)
    return _rows(spent)


def _rows(spent: Mapping[str, Sequence[Spent]]) -> list[Row]:
    cpu = {name: statistics.median(one.cpu for one in found) for name, found in spent.items()}
    rate = {name: statistics.median(one.rate for one in found) for name, found in spent.items()}

    def against(name: str, peer: str, goal: str) -> Row:
        ratio = cpu[peer] / cpu[name]
        return row(f"{name} look, CPU; x = {peer}", cpu[name], "ms", baseline=cpu[peer], ratio=ratio, goal=goal)

    return [
        against("http", "blackbox http", ">= 1.5"),
        against("json", "blackbox http", ">= 1.5"),
        against("tcp", "blackbox tcp", ">= 4"),
        row(
            "http looks, wall, one process",
            rate["http"],
            "/s",
            baseline=rate["blackbox http"],
            goal=">= 1500",
        ),
        row(
            "json looks, wall, one process",
            rate["json"],
            "/s",
            baseline=rate["blackbox http"],
            goal=">= 1500",
        ),
        row("tcp looks, wall, one process", rate["tcp"], "/s", baseline=rate["blackbox tcp"]),
    ]


class _Ours:
    """Our looks, with the check objects kept from round to round as the registry keeps them."""

    def __init__(self, port: int) -> None:
        from scenarios.probes.base import CheckSpec, Condition

        judged = (
            Condition("status", "==", 200),
            Condition("json:$.status", "==", "ok"),
            Condition("latency_ms", "<", 5000),
        )
        urls = [f"http://{host}:{port}/" for host in HOSTS]
        self._checks = {
            "http": [CheckSpec("look", "http", {"url": url}, (), 5) for url in urls],
            "json": [CheckSpec("look", "http", {"url": url}, judged, 5) for url in urls],
            "tcp": [CheckSpec("look", "tcp", {"host": host, "port": port}, (), 5) for host in HOSTS],
        }

    def looked(self, kind: str) -> Spent:
        """One round; every look must be well."""
        from scenarios.probes.base import ProbeContext
        from scenarios.probes.running import looks_sync

        context = ProbeContext(now=datetime.now(tz=UTC))  # noqa: TID251  the real clock
        begun, cpu = perf_counter(), process_time()
        looks = looks_sync(self._checks[kind], context, deadline_seconds=120)
        spent = Spent((process_time() - cpu) / LOOKS * 1000, LOOKS / (perf_counter() - begun))
        assert all(look.state == "ok" for look in looks), next(look for look in looks if look.state != "ok")
        return spent


class _Blackbox:
    """The exporter, driven by wrk through the same targets; its own CPU counts, wrk's does not."""

    def __init__(self, process: psutil.Process, port: int, folder: Path) -> None:
        self._process, self._port, self._folder = process, port, folder

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator["_Blackbox"]:
        """Start it on a free port of its own; stop it in the end."""
        config, port = folder / "blackbox.yml", _free_port()
        config.write_text(BLACKBOX)
        command = ["prometheus-blackbox-exporter", f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}"]
        with _started(command, port) as process:
            yield cls(process, port, folder)

    def probed(self, module: str, targets: Sequence[str]) -> Spent:
        """Probe until wrk has gone on for four seconds; divide by how many answers it counted."""
        parameters = {"module": module, "target": targets[0]}
        shown = httpx.get(f"http://127.0.0.1:{self._port}/probe", params=parameters, trust_env=False).text
        assert "probe_success 1" in shown, shown  # a failed probe is a 200, too
        script = self._folder / f"{module}.lua"
        listed = ",".join(f'"/probe?module={module}&target={target}"' for target in targets)
        script.write_text(
            f"local paths = {{{listed}}}\nlocal n = 0\n"
            "request = function() n = n % #paths + 1; return wrk.format('GET', paths[n]) end\n"
        )
        before = self._process.cpu_times()
        command = ["wrk", "-t1", "-c100", "-d4s", "-s", str(script), f"http://127.0.0.1:{self._port}"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        after = self._process.cpu_times()
        count = int(re.search(r"(\d+) requests in", said)[1])  # type: ignore[index]  # wrk always says it
        assert "Non-2xx" not in said, said
        cpu = after.user + after.system - before.user - before.system
        return Spent(cpu / count * 1000, count / 4)


@contextmanager
def _origins(folder: Path) -> Iterator[int]:
    """One nginx that answers on every loopback address; gives its port."""
    port = _free_port()
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port))
    with _started(["nginx", "-c", str(config), "-e", f"{folder}/error.log"], port):
        yield port


@contextmanager
def _started(command: list[str], port: int) -> Iterator[psutil.Process]:
    """A child that listens on ``port``, and no other process does."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process = psutil.Process(child.pid)
        _listening(process, port)
        yield process
    finally:
        child.terminate()
        child.wait(10)


def _listening(process: psutil.Process, port: int) -> None:
    deadline = perf_counter() + 10
    while perf_counter() < deadline:
        family = [process, *process.children()]
        if any(found.laddr.port == port for each in family for found in each.net_connections("tcp")):
            return
    raise RuntimeError(f"{process.cmdline()} does not listen on {port}")


def _free_port() -> int:
    import socket

    with socket.create_server(("0.0.0.0", 0)) as server:  # noqa: S104  free on every loopback address
        port: int = server.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main())
