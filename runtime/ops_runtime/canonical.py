"""Canonical JSON, the same profile as the portal's: sorted keys ``[a-z0-9_]+``, no floats, integers of 53 bits.

One document has one sequence of bytes. Reading is as strict as writing: a key that stands twice, a fraction or a
lone surrogate is an error and not a guess.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import NoReturn, TypeAlias

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"

INTEGER_MAX = 2**53 - 1
_KEY = re.compile(r"[a-z0-9_]+", re.ASCII)
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def canonical_text(value: object) -> str:
    """Return the one text of ``value``; raise ValueError when it has none."""
    _require(value)
    return _encode(value)


def canonical_bytes(value: object) -> bytes:
    """Return the UTF-8 bytes of ``canonical_text``."""
    return canonical_text(value).encode()


def digest(value: object) -> str:
    """Return the SHA-256 of the canonical bytes, hexadecimal."""
    return sha256(canonical_bytes(value))


def sha256(body: bytes) -> str:
    """Return the SHA-256 of ``body``, hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def parse_object(text: str | bytes, *, any_keys: bool = False) -> dict[str, object]:
    """Read a JSON object of the profile, its keys aside with ``any_keys``; raise ValueError for anything else."""
    try:
        value: object = json.loads(
            text, object_pairs_hook=_pairs, parse_float=_refuse, parse_constant=_refuse, parse_int=_integer
        )
        if not any_keys:
            _require(value)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def transport_bytes(value: object) -> bytes:
    """Return JSON whose keys are others' choice, such as an envelope's."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is not an integer")


def _integer(text: str) -> int:
    if len(text) > 17:
        raise ValueError("a number does not fit into 53 bits")
    return int(text)


def _require(value: object) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        value.encode()  # UnicodeEncodeError, a ValueError, for a lone surrogate
    elif isinstance(value, int):
        if not -INTEGER_MAX <= value <= INTEGER_MAX:
            raise ValueError("a number does not fit into 53 bits")
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str) or not _KEY.fullmatch(key):
                raise ValueError(f"the key {key!r} is not of the form [a-z0-9_]+")
            _require(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _require(item)
    else:
        raise ValueError(f"{type(value).__name__} has no canonical form")
