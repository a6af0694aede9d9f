"""The key that signs checkpoints, and the signer's own memory of what it signed last.

Both live in files outside the database: who can change every row still can't make the signer
vouch for a history that differs from the one it vouched for before.
"""

import base64
import os
import secrets
import stat
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from ledger.models import SigningKey
from ledger.verifier.opsportal_verify import Note, key_id, note_read
from opsportal.core.env import secret_from_file_or_new


def origin(institution_id: UUID) -> str:
    """Return the name of an institution's log, which is the name of its key too."""
    return f"opsportal/ledger/{institution_id}"


def signing_key() -> Ed25519PrivateKey:
    """Return the key of this installation; the default file is made on first use, mode 0600.

    The file holds the 32 bytes of an Ed25519 seed in base64url. Raises ImproperlyConfigured when it
    can't be read, is readable by everybody, or holds something else.
    """
    path = Path(settings.CHECKPOINT_KEY_FILE)
    is_default = path == settings.DATA_DIR / "keys" / "checkpoint.key"
    try:
        text = secret_from_file_or_new(path, length=32) if is_default else path.read_text(encoding="utf-8").strip()
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise ImproperlyConfigured(f"the checkpoint key cannot be read: {error.strerror}: {path}") from None
    if mode & 0o007:
        raise ImproperlyConfigured(f"everybody can read the checkpoint key: chmod o-rwx {path}")
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        raise ImproperlyConfigured(f"not a checkpoint key (32 bytes in base64url): {path}") from None


def note_sign(key: Ed25519PrivateKey, institution_id: UUID, size: int, root: bytes) -> str:
    """Return the signed note that says: this log has ``size`` entries, with this root."""
    name, public = origin(institution_id), key.public_key().public_bytes_raw()
    text = f"{name}\n{size}\n{base64.b64encode(root).decode()}\n"
    signature = base64.b64encode(key_id(name, public) + key.sign(text.encode())).decode()
    return f"{text}\n— {name} {signature}\n"


def key_text(key: SigningKey) -> str:
    """Return the public key as the verifier takes it: ``<name>+<key id>+<base64>``."""
    return f"{key.origin}+{key.kid}+{base64.b64encode(bytes([1]) + bytes.fromhex(key.public)).decode()}"


def key_id_text(institution_id: UUID, public: bytes) -> str:
    """Return the key id of a public key under this institution's name, hexadecimal."""
    return key_id(origin(institution_id), public).hex()


def note_remembered(institution_id: UUID) -> Note | None:
    """Return the last note that this installation's signer made, None before the first.

    Raises ValueError when the file holds something else.
    """
    try:
        return note_read(_memory(institution_id).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def note_remember(institution_id: UUID, note: str) -> None:
    """Keep ``note`` as the last one, if it covers more than the one before; complete or not at all."""
    before = note_remembered(institution_id)
    if before is not None and before.size >= note_read(note).size:
        return
    path = _memory(institution_id)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(note)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _memory(institution_id: UUID) -> Path:
    return Path(settings.DATA_DIR) / "keys" / "checkpoints" / f"{institution_id}.note"
