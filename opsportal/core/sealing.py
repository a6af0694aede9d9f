"""Encrypt what the database must not hold in the clear.

AES-256-GCM under a key that lives in a file. The place of a value (institution, table, column, row) is authenticated
with it, so that a ciphertext moved to another row does not open.
"""

import base64
import os
import stat
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from opsportal.core.env import secret_from_file_or_new

_VERSION, _NONCE_BYTES = "v1", 12


def sealed(plain: bytes, *, institution: UUID, column: str, row: UUID) -> str:
    """Return ``plain`` encrypted for its place: ``column`` is ``<table>.<column>``, ``row`` the UUID of the row."""
    nonce = os.urandom(_NONCE_BYTES)
    text = AESGCM(_key()).encrypt(nonce, plain, _place(institution, column, row))
    return f"{_VERSION}.{base64.urlsafe_b64encode(nonce + text).decode()}"


def unsealed(text: str, *, institution: UUID, column: str, row: UUID) -> bytes:
    """Return what ``sealed`` was given; raise ImproperlyConfigured when the key or the place is another one."""
    version, _, body = text.partition(".")
    data = base64.urlsafe_b64decode(body) if version == _VERSION else b""
    try:
        return AESGCM(_key()).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], _place(institution, column, row))
    except (InvalidTag, ValueError):
        raise ImproperlyConfigured(
            f"{column} cannot be decrypted: the key in {settings.KEY_ENCRYPTION_FILE} is not the one that encrypted it"
        ) from None


def _place(institution: UUID, column: str, row: UUID) -> bytes:
    return f"{institution}|{column}|{row}".encode()


def _key() -> bytes:
    path = Path(settings.KEY_ENCRYPTION_FILE)
    is_default = path == settings.DATA_DIR / "keys" / "encryption.key"
    try:
        text = secret_from_file_or_new(path, length=32) if is_default else path.read_text(encoding="utf-8").strip()
        mode = stat.S_IMODE(path.stat().st_mode)
        key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (OSError, ValueError) as error:
        raise ImproperlyConfigured(f"the encryption key cannot be read: {error}: {path}") from None
    if mode & 0o007 or len(key) != 32:
        raise ImproperlyConfigured(f"not an encryption key (32 bytes in base64url, not readable by everybody): {path}")
    return key
