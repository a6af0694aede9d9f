"""This machine: disks, memory, load, processors, network, listening ports, processes."""

import asyncio
import os
import re
import time
from collections.abc import Callable, Mapping
from functools import partial
from time import monotonic
from typing import Any, ClassVar

import psutil

from scenarios.models import ProbeState
from scenarios.probes.base import CheckSpec, JsonSchema, Look, Measure, Probe, ProbeContext, Reason
from scenarios.probes.conditions import judge, rules_of
from scenarios.threads import BusyError, in_thread

SAMPLE_SECONDS = 0.5  # rates are taken over this; the thread sleeps meanwhile


class HostProbe(Probe):
    """Takes the measures that the check's conditions ask for, and no other, in a thread.

    What this process may not see is unknown (``permission``): with ``/proc`` mounted ``hidepid``, no process found does
    not mean none runs. A disk that hangs is unknown (``timeout``); it is not asked again while it hangs.
    """

    kind: ClassVar[str] = "host"
    SCHEMA: ClassVar[JsonSchema] = {"type": "object", "additionalProperties": False, "properties": {}}
    MEASURES: ClassVar[tuple[Measure, ...]] = (
        Measure("disk_percent:", "number", "Used share of the disk of a path, as df shows it."),
        Measure("disk_free_bytes:", "number", "Room left for ordinary users on the disk of a path."),
        Measure("inodes_percent:", "number", "Used share of its inodes."),
        Measure("mounted:", "boolean", "The path is a mount point."),
        Measure("memory_percent", "number", "Share of memory that is not available."),
        Measure("memory_available_bytes", "number", "Memory that can be had without swapping."),
        Measure("swap_percent", "number", "Used share of swap; 0 without swap."),
        Measure("load_per_cpu", "number", "Average over 5 minutes, divided by the processors."),
        Measure("cpu_percent", "number", "Share of all processors that was busy during half a second."),
        Measure("network_received_bytes_s", "number", "Per second during half a second, all interfaces but loopback."),
        Measure("network_sent_bytes_s", "number", "The same, sent."),
        Measure("uptime_seconds", "number", "Since the machine started."),
        Measure("listening:", "boolean", "Something listens on a port: 443, or 53/udp."),
        Measure("processes:", "number", "How many processes have this name."),
    )

    def measure_problem(self, measure: str) -> str | None:
        """A port is a number, perhaps with /udp; a path is absolute."""
        kind, _, argument = measure.partition(":")
        if kind == "listening" and not re.fullmatch(r"[0-9]{1,5}(/(udp|tcp))?", argument):
            return f"{measure!r} needs a port, as listening:443 or listening:53/udp"
        if kind in {"disk_percent", "disk_free_bytes", "inodes_percent", "mounted"} and not argument.startswith("/"):
            return f"{measure!r} needs an absolute path"
        return None

    async def look(self, check: CheckSpec, context: ProbeContext) -> Look:
        """Measure and judge."""
        started = monotonic()
        names = rules_of(check).measures
        try:
            async with asyncio.timeout(check.timeout_seconds):
                measured, refusals = await in_thread(("host", names), partial(_measured, names))
        except (TimeoutError, BusyError):
            error = "the machine did not answer in time"
            return Look(ProbeState.UNKNOWN, Reason.TIMEOUT, {"error": error}, {}, round((monotonic() - started) * 1000))
        no_data = Reason.PERMISSION if any(isinstance(e, PermissionError) for e in refusals) else Reason.NO_DATA
        look = judge(check, measured, started=started, now=monotonic(), no_data=no_data)
        if not refusals:
            return look
        errors = "; ".join(str(error) for error in refusals)[:200]
        return Look(look.state, look.reason, {**look.measured, "error": errors}, look.expected, look.duration_ms)


def _measured(names: tuple[str, ...]) -> tuple[dict[str, Any], list[Exception]]:
    measured: dict[str, Any] = {}
    refusals: list[Exception] = []
    for name in names:
        kind, _, argument = name.partition(":")
        try:
            measured[name] = TAKE[kind](argument)
        except psutil.AccessDenied as error:
            refusals.append(PermissionError(f"{name}: {error}"))
        except (OSError, ValueError) as error:
            refusals.append(error)
    return measured, refusals


def _inodes_percent(path: str) -> float:
    status = os.statvfs(path)
    return 100 * (1 - status.f_favail / status.f_files) if status.f_files else 0.0


def _network_bytes_s(direction: str) -> float:
    before, started = _network_bytes(direction), monotonic()
    time.sleep(SAMPLE_SECONDS)
    return max(0, _network_bytes(direction) - before) / (monotonic() - started)


def _network_bytes(direction: str) -> int:
    counters = psutil.net_io_counters(pernic=True)
    return sum(getattr(one, f"bytes_{direction}") for name, one in counters.items() if name != "lo")


def _listening(argument: str) -> bool:
    port, _, protocol = argument.partition("/")
    is_udp = protocol == "udp"
    wanted = int(port)
    return any(
        connection.laddr.port == wanted
        for connection in psutil.net_connections("udp" if is_udp else "tcp")
        if connection.laddr and (is_udp or connection.status == psutil.CONN_LISTEN)
    )


def _processes(name: str) -> int:
    names = [process.info["name"] for process in psutil.process_iter(["name"])]
    found = names.count(name)
    if not found and (None in names or not os.path.exists("/proc/1")):
        raise PermissionError(f"processes:{name}: the processes of others are hidden from this one")
    return found


TAKE: Mapping[str, Callable[[str], Any]] = {
    "disk_percent": lambda path: psutil.disk_usage(path).percent,
    "disk_free_bytes": lambda path: psutil.disk_usage(path).free,
    "inodes_percent": _inodes_percent,
    "mounted": os.path.ismount,
    "memory_percent": lambda _: psutil.virtual_memory().percent,
    "memory_available_bytes": lambda _: psutil.virtual_memory().available,
    "swap_percent": lambda _: psutil.swap_memory().percent,
    "load_per_cpu": lambda _: psutil.getloadavg()[1] / (os.cpu_count() or 1),
    "cpu_percent": lambda _: psutil.cpu_percent(interval=SAMPLE_SECONDS),
    "network_received_bytes_s": lambda _: _network_bytes_s("recv"),
    "network_sent_bytes_s": lambda _: _network_bytes_s("sent"),
    "uptime_seconds": lambda _: time.time() - psutil.boot_time(),
    "listening": _listening,
    "processes": _processes,
}

PROBE = HostProbe()
