"""Plans of changes that this machine has drawn up and keeps until somebody asks to apply them."""

import re
import time
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from ops_runtime import clock
from ops_runtime.canonical import digest
from ops_runtime.config import State
from ops_runtime.errors import RefusedError
from ops_runtime.files import gone, json_read, json_write

KEEP_SECONDS = 30 * 86_400
KEEP_MAX = 500
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


class PlanStore:
    """The folder of the plans; a plan is ``{"items", "diff", "preconditions", "created_at"}``, its hash is of these."""

    def __init__(self, state: State) -> None:
        self._folder = state.child("plans")

    def keep(self, items: list[str], diff: list[object], preconditions: list[object]) -> tuple[str, str]:
        """Store a plan and return its id and its hash."""
        self._prune()
        plan_id = str(uuid4())
        plan = {"items": items, "diff": diff, "preconditions": preconditions, "created_at": clock.now()}
        json_write(self._file(plan_id), plan)
        return plan_id, digest(plan)

    def load(self, plan_id: str) -> tuple[dict[str, object], str]:
        """Return a plan and its hash; raise RefusedError when it is not there or damaged."""
        try:
            plan = json_read(self._file(plan_id))
        except ValueError:
            plan = None
        if plan is None:
            raise RefusedError("PLAN_MISSING", "This machine has no such plan.")
        return plan, digest(plan)

    def _file(self, plan_id: str) -> Path:
        if not _UUID.fullmatch(plan_id):
            raise RefusedError("PARAMS_INVALID", "plan_id is not a UUID.")
        return self._folder / f"{plan_id}.json"

    def _prune(self) -> None:
        ages = []
        for path in self._folder.glob("*.json"):
            with suppress(FileNotFoundError):
                ages.append((path.stat().st_mtime, path))
        ages.sort()
        for number, (at, path) in enumerate(ages):
            if at < time.time() - KEEP_SECONDS or number < len(ages) - KEEP_MAX:
                gone(path)
