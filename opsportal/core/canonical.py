"""Canonical JSON: one document has one sequence of bytes, so a digest over it means something.

The profile is a narrow part of RFC 8785: object keys match ``[a-z0-9_]+``, numbers are integers
of at most 2^53 - 1, strings hold no lone surrogates. Within it Python's own encoder with sorted
keys gives exactly the RFC's bytes; what lies outside is refused instead of being guessed at.
Text is never normalised: two spellings of one accent stay two strings.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"

INTEGER_MAX = 2**53 - 1
_KEY = re.compile(r"[a-z0-9_]+", re.ASCII)
# The encoder alone, for a value that is known to lie in the profile; anything else needs canonical_text().
canonical_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


class ProfileError(ValueError):
    """The value has no canonical form in the profile; the message names the place."""


def canonical_text(value: Json) -> str:
    """Return the one JSON text of ``value``; raise ProfileError when it is outside the profile."""
    _require(value, "$")
    return canonical_encode(value)


def canonical_bytes(value: Json) -> bytes:
    """Return the UTF-8 bytes of ``canonical_text``."""
    return canonical_text(value).encode()


def digest(value: Json) -> str:
    """Return the SHA-256 of the canonical bytes, as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


def _require(value: object, place: str) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        _require_text(value, place)
    elif isinstance(value, int):
        if not -INTEGER_MAX <= value <= INTEGER_MAX:
            raise ProfileError(f"{place}: {value} does not fit into 53 bits")
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str) or not _KEY.fullmatch(key):
                raise ProfileError(f"{place}: the key {key!r} is not of the form [a-z0-9_]+")
            _require(item, f"{place}.{key}")
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            _require(item, f"{place}[{number}]")
    else:
        raise ProfileError(f"{place}: {type(value).__name__} has no canonical form")


def _require_text(value: str, place: str) -> None:
    if value.isascii():
        return
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ProfileError(f"{place}: a lone surrogate has no UTF-8 form") from None
