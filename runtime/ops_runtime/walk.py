"""Looking through folders without ever following a link or leaving the file system."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from ops_runtime.errors import FailedError, OpsError, RefusedError
from ops_runtime.names import Name, is_hidden
from ops_runtime.root import Root

KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink"}
ENTRIES_MAX = 5_000_000


@dataclass(frozen=True, slots=True)
class Found:
    """One entry of a folder; ``kind`` is file, directory, symlink or other."""

    name: Name
    kind: str
    stat: os.stat_result


def kind_of(mode: int) -> str:
    """Return the word for a mode."""
    return KINDS.get(stat.S_IFMT(mode), "other")


def walk(root: Root, start: Name, *, recursive: bool = True) -> Iterator[Found]:
    """Give what is in ``start``, and with ``recursive`` below it, folder by folder and sorted within each.

    The start has to be a folder; a folder further down that vanishes or may not be read is passed over.
    """
    waiting, count = [start], 0
    while waiting:
        folder = waiting.pop()
        try:
            entries = _entries(root, folder)
        except OpsError:
            if folder == start:
                raise
            continue
        count += len(entries)
        if count > ENTRIES_MAX:
            raise RefusedError("LIMIT_EXCEEDED", f"More than {ENTRIES_MAX} entries.")
        yield from entries
        if recursive:
            waiting += [one.name for one in reversed(entries) if one.kind == "directory"]


def _entries(root: Root, folder: Name) -> list[Found]:
    fd = root.folder_open(folder, listing=True)
    found = []
    try:
        with os.scandir(fd) as entries:
            for entry in entries:
                name = os.fsencode(entry.name)
                if is_hidden(name):
                    continue
                with suppress(FileNotFoundError):
                    status = entry.stat(follow_symlinks=False)
                    if status.st_dev == root.device:
                        found.append(Found((*folder, name), kind_of(status.st_mode), status))
    except OSError as error:
        raise FailedError("SYSTEM", f"A folder cannot be read: {error.strerror}.") from None
    finally:
        os.close(fd)
    return sorted(found, key=lambda one: one.name)
