"""``files.search``: files by name. The pattern is RE2, whose time is linear in the name whatever the pattern is."""

import re2

from ops_runtime.errors import RefusedError
from ops_runtime.names import name_json, name_parse
from ops_runtime.operations.base import Context, Operation, Param, Params, fitting
from ops_runtime.operations.files_list import entry_json
from ops_runtime.walk import walk

PATTERN_MAX = 200
MEMORY_MAX = 1024 * 1024


def look(context: Context, params: Params) -> dict[str, object]:
    """Return what lies below a folder and has a name in which the pattern is found."""
    start = name_parse(params.any("path"), allow_root=True)
    pattern = pattern_compile(params.text("pattern"))
    found = [one for one in walk(context.root, start) if pattern.search(one.name[-1])]
    matches = [entry_json(one, len(start)) | {"path": name_json(one.name)} for one in found[: params.number("limit")]]
    kept = fitting(matches)
    return {"path": name_json(start), "matches": kept, "total": len(found), "truncated": len(kept) < len(found)}


def pattern_compile(text: str) -> "re2._Regexp[bytes]":
    """Return the compiled pattern for names as bytes; raise RefusedError for what RE2 does not take."""
    if not 0 < len(text) <= PATTERN_MAX:
        raise RefusedError("PARAMS_INVALID", f"A pattern has 1 to {PATTERN_MAX} characters.")
    options = re2.Options()
    options.max_mem = MEMORY_MAX
    options.log_errors = False
    try:
        return re2.compile(text.encode(), options)
    except re2.error:
        raise RefusedError("PARAMS_INVALID", "The pattern is not an expression of RE2.") from None


SEARCH = Operation(
    "files.search",
    {"path": Param("path", "."), "pattern": Param("text"), "limit": Param("number", 1000, 1, 5000)},
    look=look,
)
