"""A file that must be there and be fresh: a backup, a spool, a report."""

import asyncio
import os
from collections.abc import Mapping
from datetime import datetime
from fnmatch import fnmatchcase
from functools import partial
from time import monotonic
from typing import Any, ClassVar

from scenarios.models import ProbeState
from scenarios.probes.base import CheckSpec, JsonSchema, Look, Measure, Probe, ProbeContext, Reason
from scenarios.probes.conditions import judge, rules_of
from scenarios.threads import BusyError, in_thread


class FileAgeProbe(Probe):
    """The newest of the files that match. None is down (``missing``) unless a condition judges ``exists`` itself."""

    kind: ClassVar[str] = "file_age"
    SCHEMA: ClassVar[JsonSchema] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["path"],
        "properties": {
            "path": {
                "type": "string",
                "pattern": "^/",
                "description": "A file, or files by wildcards (* ? []) in the last part; the newest counts.",
            },
        },
    }
    MEASURES: ClassVar[tuple[Measure, ...]] = (
        Measure("exists", "boolean", "A file is there."),
        Measure("age_seconds", "number", "Since it was last written."),
        Measure("size_bytes", "number", "Its size."),
        Measure("count", "number", "How many files match."),
    )

    def param_problems(self, params: Mapping[str, Any]) -> list[str]:
        """Wildcards in a folder's name are refused: a folder that cannot be read would look like no file."""
        folder = os.path.dirname(params["path"])
        return ["path: wildcards are for the last part only"] if set(folder) & set("*?[") else []

    async def look(self, check: CheckSpec, context: ProbeContext) -> Look:
        """Stat in a thread; a folder that this process may not read is unknown (``permission``)."""
        started = monotonic()
        path = check.opened["path"]
        try:
            async with asyncio.timeout(check.timeout_seconds):
                measured = await in_thread(("file", path), partial(_measured, path, context.now))
        except PermissionError as error:
            return _unknown(Reason.PERMISSION, str(error), started)
        except (TimeoutError, BusyError):
            return _unknown(Reason.TIMEOUT, f"{path}: the file system does not answer", started)
        except OSError as error:
            return _unknown(Reason.NO_DATA, str(error), started)
        look = judge(check, measured, started=started, now=monotonic(), show=("age_seconds", "size_bytes"))
        if not measured["exists"] and "exists" not in rules_of(check).measures:
            return Look(ProbeState.DOWN, Reason.MISSING, {"exists": False}, {"exists": "== true"}, look.duration_ms)
        return look


def _measured(path: str, now: datetime) -> dict[str, Any]:
    found = [status for name in _matching(path) if (status := _stat(name))]
    if not found:
        return {"exists": False, "count": 0}
    newest = max(found, key=lambda status: status.st_mtime)
    age = now.timestamp() - newest.st_mtime
    return {"exists": True, "count": len(found), "age_seconds": round(age, 1), "size_bytes": newest.st_size}


def _matching(path: str) -> list[str]:
    folder, name = os.path.split(path)
    if not set(name) & set("*?["):
        return [path]
    try:
        return [entry.path for entry in os.scandir(folder) if fnmatchcase(entry.name, name)]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _unknown(reason: Reason, error: str, started: float) -> Look:
    return Look(ProbeState.UNKNOWN, reason, {"error": error[:200]}, {}, round((monotonic() - started) * 1000))


PROBE = FileAgeProbe()
