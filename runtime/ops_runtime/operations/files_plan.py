"""``files.plan.create``, ``files.plan.get``, ``files.plan.apply``: many changes, agreed to at once.

An item is ``delete:<path>``, ``rename:<path>:<to>`` or ``move:<path>:<to>``, ``to`` being a whole path. Within a path
``%`` and ``:`` are written %25 and %3A; every other byte may be written so too, which is how names that are not UTF-8
get in.
"""

import re
from collections import Counter
from typing import cast
from urllib.parse import unquote_to_bytes

from ops_runtime.changes import Planner, Preview
from ops_runtime.errors import FailedError, RefusedError
from ops_runtime.names import Name, name_json, name_parse
from ops_runtime.operations.base import Context, Operation, Param, Params, fitting

_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})", re.ASCII)


def create_look(context: Context, params: Params) -> dict[str, object]:
    """Draw up a plan, keep it here and return it; nothing in the root changes."""
    items = [str(one) for one in params.list("items")]
    preview = items_preview(context, items)
    diff, states = cast(list[object], preview.diff), cast(list[object], preview.preconditions)
    plan_id, plan_hash = context.plans.keep(items, diff, states)
    return _shown(plan_id, plan_hash, preview.diff, preview.preconditions)


def get_look(context: Context, params: Params) -> dict[str, object]:
    """Return a plan that was drawn up before."""
    plan_id = params.text("plan_id")
    plan, plan_hash = context.plans.load(plan_id)
    diff = cast(list[dict[str, object]], plan["diff"])
    states = cast(list[dict[str, object]], plan["preconditions"])
    return _shown(plan_id, plan_hash, diff, states) | {"created_at": plan["created_at"]}


def apply_preview(context: Context, params: Params) -> Preview:
    """Preview a plan of just that hash; raise RefusedError PLAN_STALE when it was drawn up over other files."""
    plan, plan_hash = context.plans.load(params.text("plan_id"))
    if plan_hash != params.text("plan_hash"):
        raise RefusedError("PLAN_HASH_MISMATCH", "The plan is not the one of that hash.")
    try:
        preview = items_preview(context, cast(list[str], plan["items"]))
    except FailedError as error:
        raise RefusedError("PLAN_STALE", f"Since the plan was drawn up: {error.message}") from None
    if preview.as_json != {"diff": plan["diff"], "preconditions": plan["preconditions"]}:
        raise RefusedError("PLAN_STALE", "Since the plan was drawn up, a file has changed.")
    return preview


def items_preview(context: Context, items: list[str]) -> Preview:
    """Preview the items of a plan."""
    planner = Planner(context.root, context.limits)
    for item in items:
        match item.split(":"):
            case ["delete", path]:
                planner.delete(_path(path))
            case ["rename" | "move" as action, path, to]:
                planner.move(action, _path(path), _path(to))
            case _:
                raise RefusedError("PARAMS_INVALID", "An item is none of delete:…, rename:…:… and move:…:….")
    return planner.preview


def _path(text: str) -> Name:
    if _PERCENT.search(text):
        raise RefusedError("PARAMS_INVALID", "In a path of an item, % is written %25.")
    return name_parse(name_json((unquote_to_bytes(text),)))


def _shown(
    plan_id: str, plan_hash: str, diff: list[dict[str, object]], states: list[dict[str, object]]
) -> dict[str, object]:
    known = {str(one["path"]): one for one in states}
    actions = [
        {**change, "size": known[str(change["path"])]["size"], "hash": known[str(change["path"])]["sha256"]}
        for change in diff
    ]
    counts = Counter(str(change["action"]) for change in diff)
    kept = fitting(actions)
    stats = dict(counts) | {"bytes": sum(cast(int, one["size"]) for one in actions)}
    return {
        "plan_id": plan_id,
        "plan_hash": plan_hash,
        "actions": kept,
        "actions_count": len(actions),
        "stats": stats,
        "truncated": len(kept) < len(actions),
    }


CREATE = Operation("files.plan.create", {"items": Param("list")}, look=create_look)
GET = Operation("files.plan.get", {"plan_id": Param("text")}, look=get_look)
APPLY = Operation(
    "files.plan.apply", {"plan_id": Param("text"), "plan_hash": Param("text")}, preview=apply_preview, needs_plan=True
)
