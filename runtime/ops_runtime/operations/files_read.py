"""``files.read``: the beginning of a file, as text when it is text."""

import base64
import os

from ops_runtime.canonical import canonical_bytes
from ops_runtime.changes import links_require
from ops_runtime.names import name_json, name_parse
from ops_runtime.operations.base import RESULT_MAX, Context, Operation, Param, Params
from ops_runtime.root import named

READ_MAX = 65_536
_UTF8_MAX = 4


def look(context: Context, params: Params) -> dict[str, object]:
    """Return up to ``max_bytes`` of a regular file without another name."""
    name = name_parse(params.any("path"))
    most = params.number("max_bytes")
    with context.root.file(name) as (fd, found), named(name):
        links_require(name, found, context.limits)
        body = b""
        while len(body) < most and (piece := os.read(fd, most - len(body))):
            body += piece
    encoding, content = _content(body, is_cut=found.st_size > len(body))
    what = {"content": content, "encoding": encoding, "size": found.st_size}
    return {"path": name_json(name), **what, "truncated": found.st_size > len(body)}


def _content(body: bytes, *, is_cut: bool) -> tuple[str, str]:
    for short in range(_UTF8_MAX if is_cut else 1):  # the cut may go through a character
        try:
            text = body[: len(body) - short].decode()
        except UnicodeDecodeError:
            continue
        if len(canonical_bytes(text)) < RESULT_MAX - 20_000:
            return "utf-8", text
        break
    return "base64", base64.b64encode(body).decode()


READ = Operation("files.read", {"path": Param("path"), "max_bytes": Param("number", READ_MAX, 1, READ_MAX)}, look=look)
