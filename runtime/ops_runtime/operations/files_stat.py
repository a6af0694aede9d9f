"""``files.stat``: what a path is."""

from ops_runtime.names import name_json, name_parse
from ops_runtime.operations.base import Context, Operation, Param, Params
from ops_runtime.walk import kind_of


def look(context: Context, params: Params) -> dict[str, object]:
    """Return kind, size and time of a path, or that nothing is there."""
    name = name_parse(params.any("path"), allow_root=True)
    found = context.root.find(name)
    if found is None:
        return {"path": name_json(name), "exists": False, "type": "absent", "size": 0, "mtime": 0, "links": 0}
    kind = kind_of(found.st_mode)
    size = found.st_size if kind == "file" else 0
    what = {"exists": True, "type": kind, "size": size, "mtime": int(found.st_mtime), "links": found.st_nlink}
    return {"path": name_json(name), **what}


STAT = Operation("files.stat", {"path": Param("path")}, look=look)
