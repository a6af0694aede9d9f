"""Small files of our own state: written whole or not at all, and on the disk before anybody goes on."""

import os
from contextlib import suppress
from pathlib import Path

from ops_runtime.canonical import canonical_bytes, parse_object


def write_atomic(path: Path, body: bytes) -> None:
    """Replace ``path`` by ``body``, mode 0600; after a crash there is the old content or the new one."""
    part = path.with_name(path.name + ".part")
    with suppress(FileNotFoundError):
        part.unlink()
    fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder_sync(path.parent)


def json_write(path: Path, value: object) -> None:
    """Replace ``path`` by the canonical JSON of ``value``."""
    write_atomic(path, canonical_bytes(value))


def json_read(path: Path) -> dict[str, object] | None:
    """Return the object in ``path``; None when there is no such file, ValueError when it is not JSON."""
    try:
        return parse_object(path.read_bytes())
    except FileNotFoundError:
        return None


def folder_make(path: Path) -> Path:
    """Make a folder of ours, mode 0700, and return it."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def folder_sync(path: Path) -> None:
    """Make what was renamed or removed in a folder survive a loss of power."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def gone(path: Path) -> None:
    """Remove a file that may not be there, and make that last."""
    with suppress(FileNotFoundError):
        path.unlink()
        folder_sync(path.parent)
