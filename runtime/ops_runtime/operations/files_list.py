"""``files.list``: what is in a folder."""

from ops_runtime.names import name_json, name_parse
from ops_runtime.operations.base import Context, Operation, Param, Params, fitting
from ops_runtime.walk import Found, walk


def look(context: Context, params: Params) -> dict[str, object]:
    """Return the entries of a folder; with ``recursive`` their names are paths below it."""
    start = name_parse(params.any("path"), allow_root=True)
    entries = [entry_json(one, len(start)) for one in walk(context.root, start, recursive=params.flag("recursive"))]
    kept = fitting(entries[: params.number("limit")])
    return {"path": name_json(start), "entries": kept, "total": len(entries), "truncated": len(kept) < len(entries)}


def entry_json(one: Found, skip: int) -> dict[str, object]:
    """Return an entry; its name is without the first ``skip`` components."""
    size = one.stat.st_size if one.kind == "file" else 0
    return {
        "name": name_json(one.name[skip:]),
        "type": one.kind,
        "size": size,
        "modified": int(one.stat.st_mtime),
    }


LIST = Operation(
    "files.list",
    {"path": Param("path", "."), "recursive": Param("flag", False), "limit": Param("number", 1000, 1, 5000)},
    look=look,
)
