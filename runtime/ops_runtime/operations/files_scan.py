"""``files.scan``: duplicates by content."""

from ops_runtime.duplicates import Group, duplicates_below
from ops_runtime.names import name_json, name_parse
from ops_runtime.operations.base import Context, Operation, Param, Params, fitting


def look(context: Context, params: Params) -> dict[str, object]:
    """Return the groups of equal files below a folder, the largest waste first."""
    start = name_parse(params.any("path"), allow_root=True)
    scan = duplicates_below(context.root, start, min_size=params.number("min_size"), limit=context.limits.hash_bytes)
    kept = fitting([group_json(one) for one in scan.groups])
    return {
        "path": name_json(start),
        "files_scanned": scan.files,
        "files_skipped": scan.skipped,
        "duplicate_groups": len(scan.groups),
        "total_wasted_bytes": sum(one.wasted for one in scan.groups),
        "duplicates": kept,
        "truncated": len(kept) < len(scan.groups),
    }


def group_json(group: Group) -> dict[str, object]:
    """Return a group as it stands in a result."""
    names = fitting([name_json(one) for one in group.names], 60_000)
    return {
        "hash": group.sha256,
        "size": group.size,
        "count": len(group.names),
        "files": names,
        "wasted_bytes": group.wasted,
    }


SCAN = Operation("files.scan", {"path": Param("path", "."), "min_size": Param("number", 1)}, look=look)
