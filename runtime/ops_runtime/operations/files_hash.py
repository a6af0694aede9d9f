"""``files.hash``: SHA-256 of files."""

from ops_runtime.changes import content_digest
from ops_runtime.names import name_json, name_parse, name_show
from ops_runtime.operations.base import Context, Operation, Param, Params


def look(context: Context, params: Params) -> dict[str, object]:
    """Return the digests of regular files, in the order asked for."""
    hashes: list[object] = []
    for given in params.list("paths"):
        name = name_parse(given)
        with context.root.file(name) as (fd, found):
            sha256 = content_digest(fd, found, name, context.limits.hash_bytes)
        hashes.append({"path": name_json(name), "size": found.st_size, "sha256": sha256})
        context.say(f"{sha256}  {name_show(name)}\n")
    return {"hashes": hashes}


HASH = Operation("files.hash", {"paths": Param("list")}, look=look)
