"""Names below the root: what comes in as text, what goes out, and which are refused before any system call."""

import base64
import binascii
from typing import TypeAlias

from ops_runtime.errors import RefusedError

Name: TypeAlias = tuple[bytes, ...]
"""The components below the root; the root itself is ()."""

COMPONENT_MAX = 255
NAME_MAX = 4000
TRASH = b".ops-trash"
PART = b".ops-part-"


def name_parse(given: object, *, allow_root: bool = False) -> Name:
    """Return the components of a path below the root; raise RefusedError for every path that could leave it."""
    raw = _bytes(given)
    if allow_root and raw == b".":
        return ()
    if not raw or b"\0" in raw:
        raise RefusedError("PATH_INVALID", "A path is empty or holds a NUL.")
    if len(raw) > NAME_MAX:
        raise RefusedError("PATH_INVALID", "A path is too long.")
    parts = tuple(raw.split(b"/"))
    for part in parts:
        _component_require(part)
    if parts[0] == TRASH or any(part.startswith(PART) for part in parts):
        raise RefusedError("PATH_INVALID", "That name belongs to this program.")
    return parts


def name_json(name: Name) -> object:
    """Return the name as JSON: text, or ``{"b64": …}`` when it is not UTF-8."""
    raw = b"/".join(name) or b"."
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return {"b64": base64.b64encode(raw).decode()}


def name_show(name: Name) -> str:
    """Return the name for people: one line, nothing that turns the writing round."""
    text = (b"/".join(name) or b".").decode(errors="backslashreplace")
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def is_hidden(component: bytes) -> bool:
    """Say whether a component belongs to this program and is left out of every list."""
    return component == TRASH or component.startswith(PART)


def is_inside(name: Name, folder: Name) -> bool:
    """Say whether ``name`` is ``folder`` or lies in it."""
    return name[: len(folder)] == folder


def _bytes(given: object) -> bytes:
    try:
        if isinstance(given, str):
            return given.encode()
        if isinstance(given, dict) and set(given) == {"b64"} and isinstance(given["b64"], str):
            return base64.b64decode(given["b64"], validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError):
        pass
    raise RefusedError("PATH_INVALID", "A path is neither text nor base64.")


def _component_require(part: bytes) -> None:
    if part in {b"", b".", b".."}:
        raise RefusedError("PATH_INVALID", "A path is absolute, or has an empty, '.' or '..' component.")
    if len(part) > COMPONENT_MAX:
        raise RefusedError("PATH_INVALID", "A name in a path is too long.")
