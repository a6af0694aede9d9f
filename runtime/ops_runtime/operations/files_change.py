"""``files.rename``, ``files.move``, ``files.delete``: previews of changes; ``effects`` carries them out."""

from ops_runtime.changes import Planner, Preview
from ops_runtime.names import name_parse
from ops_runtime.operations.base import Context, Operation, Param, Params


def rename_preview(context: Context, params: Params) -> Preview:
    """Give one path another name; ``target`` is a whole path, in the same folder or in another one."""
    planner = Planner(context.root, context.limits)
    planner.move("rename", name_parse(params.any("path")), name_parse(params.any("target")))
    return planner.preview


def move_preview(context: Context, params: Params) -> Preview:
    """Move paths into the folder ``target``, under their own names."""
    planner = Planner(context.root, context.limits)
    target = name_parse(params.any("target"), allow_root=True)
    planner.folder(target)
    for given in params.list("paths"):
        path = name_parse(given)
        planner.move("move", path, (*target, path[-1]))
    return planner.preview


def delete_preview(context: Context, params: Params) -> Preview:
    """Take paths to the trash, folders with everything in them."""
    planner = Planner(context.root, context.limits)
    for given in params.list("paths"):
        planner.delete(name_parse(given))
    return planner.preview


RENAME = Operation(
    "files.rename", {"path": Param("path"), "target": Param("path")}, preview=rename_preview, needs_plan=True
)
MOVE = Operation("files.move", {"paths": Param("list"), "target": Param("path")}, preview=move_preview, needs_plan=True)
DELETE = Operation("files.delete", {"paths": Param("list")}, preview=delete_preview, needs_plan=True)
