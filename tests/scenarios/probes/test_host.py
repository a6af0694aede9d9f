"""This machine, for real."""

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import psutil
import pytest

from scenarios.probes.conditions import condition_problems, rules_of
from scenarios.probes.kinds import probe_for
from tests.scenarios.probes.looking import look_at, must, verdict
from tests.scenarios.registry.shipped import configuration, shipped


@pytest.mark.parametrize(
    "measure",
    [
        "disk_percent:/",
        "inodes_percent:/",
        "memory_percent",
        "swap_percent",
        "load_per_cpu",
        "cpu_percent",
        "network_received_bytes_s",
        "network_sent_bytes_s",
        "disk_free_bytes:/",
        "memory_available_bytes",
        "uptime_seconds",
    ],
)
def test_a_number_of_this_machine(measure: str) -> None:
    look = look_at("host", must(measure, ">=", 0))
    assert verdict(look) == ("ok", "ok")
    assert look.measured[measure] >= 0
    if "percent" in measure:
        assert look.measured[measure] <= 100
    assert verdict(look_at("host", must(measure, "<", 0))) == ("down", "condition_failed")


def test_the_disk_is_measured_as_df_does(tmp_path: Path) -> None:
    shown = subprocess.run(["df", "--output=avail", "-B1", tmp_path], capture_output=True, text=True, check=True)
    available = int(shown.stdout.split()[-1])
    measured = look_at("host", must(f"disk_free_bytes:{tmp_path}", ">", 0)).measured[f"disk_free_bytes:{tmp_path}"]
    assert measured == pytest.approx(available, rel=0.02)


def test_a_port_that_listens_and_stops() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert verdict(look_at("host", must(f"listening:{port}", "==", True))) == ("ok", "ok")
    assert verdict(look_at("host", must(f"listening:{port}", "==", True))) == ("down", "condition_failed")


def test_a_datagram_port() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        assert look_at("host", must(f"listening:{port}/udp", "==", True)).state == "ok"
        assert look_at("host", must(f"listening:{port}", "==", True)).state == "down"


def test_processes_by_name(tmp_path: Path) -> None:
    program = tmp_path / "opsprobe-sleeper"
    program.write_bytes(Path("/bin/sleep").read_bytes())
    program.chmod(0o700)
    running = must("processes:opsprobe-sleeper", ">=", 1)
    child = subprocess.Popen([program, "30"])
    try:
        look = look_at("host", running)
        assert (look.state, look.measured) == ("ok", {"processes:opsprobe-sleeper": 1})
    finally:
        child.kill()
        child.wait()
    assert verdict(look_at("host", running)) == ("down", "condition_failed")


def test_hidden_processes_are_unknown_and_not_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.path.exists
    monkeypatch.setattr(os.path, "exists", lambda path: False if path == "/proc/1" else real(path))
    assert verdict(look_at("host", must("processes:nobody-has-this", ">=", 1))) == ("unknown", "permission")


def test_a_refusal_of_the_operating_system_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(kind: str) -> Any:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", refuse)
    assert verdict(look_at("host", must("listening:22", "==", True))) == ("unknown", "permission")


def test_a_disk_that_is_not_there_is_unknown_and_says_so() -> None:
    look = look_at("host", must("disk_percent:/no/such/disk", "<", 90), must("memory_percent", ">=", 0))
    assert verdict(look) == ("unknown", "no_data")
    assert "/no/such/disk" in look.measured["error"]
    assert "memory_percent" in look.measured


def test_a_mount_point(tmp_path: Path) -> None:
    assert look_at("host", must("mounted:/proc", "==", True)).state == "ok"
    assert look_at("host", must(f"mounted:{tmp_path}", "==", True)).state == "down"


def test_a_disk_that_hangs_is_unknown_and_is_not_asked_again_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    hangs, asked = threading.Event(), []

    def disk_usage(path: str) -> Any:
        asked.append(path)
        hangs.wait(20)
        raise OSError("at last")

    monkeypatch.setattr(psutil, "disk_usage", disk_usage)
    dead = must("disk_percent:/mnt/dead", "<", 90)
    assert verdict(look_at("host", dead, timeout_seconds=0.2)) == ("unknown", "timeout")
    assert verdict(look_at("host", dead, timeout_seconds=5)) == ("unknown", "timeout")
    assert asked == ["/mnt/dead"]
    hangs.set()


@pytest.mark.parametrize("measure", ["listening:http", "listening:53/icmp", "listening:123456", "disk_percent:mnt"])
def test_a_measure_that_cannot_be_taken_is_refused(measure: str) -> None:
    assert condition_problems(probe_for("host"), must(measure, "==", 1))
    assert not condition_problems(probe_for("host"), must("listening:53/udp", "==", True))


@pytest.mark.spec("O12")
def test_busy_processors_are_seen() -> None:
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(psutil.cpu_count() or 1)]
    try:
        look = look_at("host", must("cpu_percent", ">", 80))
    finally:
        for process in busy:
            process.kill()
            process.wait()
    assert verdict(look) == ("ok", "ok")


@pytest.mark.spec("O12")
def test_the_shipped_registry_shows_processors_memory_disk_and_network() -> None:
    checks = [check for spec in shipped(configuration()).scenarios.values() for check in spec.checks]
    seen = {name.partition(":")[0] for check in checks if check.kind == "host" for name in rules_of(check).measures}
    assert {"cpu_percent", "memory_percent", "disk_percent", "network_received_bytes_s", "network_sent_bytes_s"} <= seen
