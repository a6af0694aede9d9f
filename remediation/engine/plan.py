"""The sealed plan: the bytes that people vote on, that the order carries and that the runtime does or does not do."""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import re2

from opsportal.core.canonical import Json, ProfileError, canonical_text

VERSION = 1
_HEX = re2.compile(r"[0-9a-f]+")
_UUID = re2.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
ACTIONS = {"delete", "rename", "move", "create"}
KINDS = {"file", "directory", "absent"}


class PlanError(ValueError):
    """The text is no sealed plan; the message names the place."""


@dataclass(frozen=True, slots=True)
class SealedPlan:
    """The canonical text and the SHA-256 of its UTF-8 bytes."""

    text: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a sealed plan says."""

    institution: str
    department: str
    proposal: str
    operation: str
    target: str
    params: Mapping[str, Json]
    diff: Sequence[Mapping[str, Json]]
    preconditions: Sequence[Mapping[str, Json]]
    contract: str
    bundle: str
    expires_at: int
    nonce: str


def plan_seal(
    *,
    institution: str,
    department: str,
    proposal: str,
    operation: str,
    target: str,
    params: Mapping[str, Json],
    diff: Sequence[Json],
    preconditions: Sequence[Json],
    contract: str,
    bundle: str,
    expires_at: int,
    nonce: str,
) -> SealedPlan:
    """Return the sealed plan; raise PlanError for what ``plan_read`` would refuse. ``nonce`` is 32 hexadecimal digits."""
    plan: dict[str, Json] = {
        "institution": institution,
        "department": department,
        "proposal": proposal,
        "operation": operation,
        "target": target,
        "params": params,
        "diff": diff,
        "preconditions": preconditions,
        "contract": contract,
        "bundle": bundle,
        "expires_at": expires_at,
        "nonce": nonce,
        "v": VERSION,
    }
    text = _canonical(plan)
    plan_read(text)
    return SealedPlan(text, plan_digest(text))


def plan_digest(text: str) -> str:
    """Return the digest that people vote on."""
    return hashlib.sha256(text.encode()).hexdigest()


def plan_read(text: str) -> Plan:
    """Return what a sealed plan says; raise PlanError unless it is exactly what ``plan_seal`` writes."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PlanError(f"not JSON: {error}") from error
    _keys(found, {*_FIELDS, "v"}, "plan")
    if _canonical(found) != text:
        raise PlanError("not in canonical form")
    _require(type(found["v"]) is int and found.pop("v") == VERSION, "v")
    for name, is_right in _FIELDS.items():
        _require(is_right(found[name]), name)
    for number, change in enumerate(found["diff"]):
        _change_require(change, f"diff[{number}]")
    for number, state in enumerate(found["preconditions"]):
        _state_require(state, f"preconditions[{number}]")
    return Plan(**found)


def _canonical(value: Json) -> str:
    try:
        return canonical_text(value)
    except (ProfileError, RecursionError) as error:
        raise PlanError(f"no canonical form: {error}") from error


def _require(is_so: bool, place: str) -> None:
    if not is_so:
        raise PlanError(f"{place} is not of the form of a plan")


def _keys(value: Any, names: set[str], place: str) -> None:
    _require(isinstance(value, dict), place)
    if value.keys() != names:
        raise PlanError(f"{place} has other keys than it must: {', '.join(sorted(value.keys() ^ names))}")


def _change_require(change: Any, place: str) -> None:
    _keys(change, {"action", "path", "to"}, place)
    _require(isinstance(change["action"], str) and change["action"] in ACTIONS, f"{place}.action")
    _require(_is_name(change["path"]), f"{place}.path")
    has_target = change["action"] in {"rename", "move"}
    _require(_is_name(change["to"]) if has_target else change["to"] is None, f"{place}.to")


def _state_require(state: Any, place: str) -> None:
    _keys(state, {"path", "kind", "size", "sha256"}, place)
    _require(_is_name(state["path"]), f"{place}.path")
    _require(isinstance(state["kind"], str) and state["kind"] in KINDS, f"{place}.kind")
    if state["kind"] == "file":
        _require(_is_count(state["size"]) and _is_digest(state["sha256"]), place)
    else:
        _require(_is_count(state["size"]) and state["size"] == 0 and state["sha256"] == "", place)


def _is_name(value: Any) -> bool:
    """Return whether ``value`` is a path below the root; one that is not UTF-8 comes as base64 of its bytes."""
    if isinstance(value, dict):
        raw = _bytes(value.get("b64")) if value.keys() == {"b64"} else None
        return raw is not None and not _is_utf8(raw) and _is_below(raw)
    return isinstance(value, str) and _is_below(value.encode())


def _bytes(value: Any) -> bytes | None:
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError, TypeError):
        return None
    return raw if base64.b64encode(raw).decode() == value else None


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_below(path: bytes) -> bool:
    return b"\0" not in path and not path.startswith(b"/") and b".." not in path.split(b"/")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and "\0" not in value


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 64 and bool(_HEX.fullmatch(value))


def _is_nonce(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 32 and bool(_HEX.fullmatch(value))


def _is_uuid(value: Any) -> bool:
    return isinstance(value, str) and bool(_UUID.fullmatch(value))


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


_FIELDS: dict[str, Callable[[Any], bool]] = {
    "institution": _is_uuid,
    "department": _is_text,
    "proposal": _is_uuid,
    "operation": _is_text,
    "target": _is_uuid,
    "params": lambda value: isinstance(value, dict),
    "diff": _is_list,
    "preconditions": _is_list,
    "contract": _is_text,
    "bundle": _is_digest,
    "expires_at": _is_count,
    "nonce": _is_nonce,
}
