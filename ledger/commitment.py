"""Commit to what must stay erasable: the entry holds a salted hash, the text lives elsewhere."""

import hashlib
import secrets
from dataclasses import dataclass

_DOMAIN = b"commit1\0"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A text with its salt and the commitment that may stand in an entry; all hexadecimal but the text."""

    body: str
    salt: str
    commit: str


def seal(body: str) -> Sealed:
    """Commit to ``body`` under 32 fresh random bytes, without which the commitment tells nothing."""
    salt = secrets.token_bytes(32)
    return Sealed(body=body, salt=salt.hex(), commit=commitment(salt, body))


def commitment(salt: bytes, body: str) -> str:
    """Return SHA-256("commit1" ‖ 0x00 ‖ salt ‖ body) in hexadecimal."""
    return hashlib.sha256(_DOMAIN + salt + body.encode()).hexdigest()
