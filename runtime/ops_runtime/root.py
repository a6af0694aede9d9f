"""The folder that everything happens in. Its descriptor is opened once; whatever is asked for is walked from there.

With ``openat2`` the kernel itself keeps a walk beneath the root, off links and off other mounts. Without it every
component is opened on its own with ``O_NOFOLLOW``. No path is ever looked up from the top of the machine.
"""

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops_runtime.errors import FailedError, RefusedError, SetupError
from ops_runtime.names import Name, name_show
from ops_runtime.syscalls import openat2, openat2_exists

_O_PATH = getattr(os, "O_PATH", os.O_RDONLY)
_FOLDER = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Guard:
    """What makes a file the same file as a moment ago."""

    device: int
    inode: int
    size: int
    modified: int
    changed: int

    @classmethod
    def of(cls, found: os.stat_result) -> "Guard":
        """Return the guard of what ``stat`` has found."""
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)

    def is_same_object(self, found: os.stat_result) -> bool:
        """Say whether ``found`` is the same inode; a rename changes its ctime, so that is not asked for."""
        return (self.device, self.inode, self.modified) == (found.st_dev, found.st_ino, found.st_mtime_ns)


class Root:
    """An open folder; every method takes names below it."""

    def __init__(self, folder: Path, *, allow_openat2: bool = True) -> None:
        try:
            self.fd = os.open(folder, os.O_RDONLY | _FOLDER)
        except OSError as error:
            raise SetupError(f"root_dir {folder} cannot be opened: {error.strerror}.") from None
        self.device = os.fstat(self.fd).st_dev
        self._has_openat2 = allow_openat2 and openat2_exists()

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self.fd)

    def folder_open(self, name: Name, *, listing: bool = False) -> int:
        """Return a descriptor of a folder, to walk from or, with ``listing``, to list."""
        flags = (os.O_RDONLY if listing else _O_PATH) | _FOLDER
        with named(name):
            if self._has_openat2:
                return openat2(self.fd, b"/".join(name) or b".", flags)
            return self._walk(name, flags)

    @contextmanager
    def parent(self, name: Name) -> Iterator[tuple[int, bytes]]:
        """Give the open folder that ``name`` lies in, and its last component."""
        fd = self.folder_open(name[:-1])
        try:
            yield fd, name[-1]
        finally:
            os.close(fd)

    def find(self, name: Name) -> os.stat_result | None:
        """Return what is there, of itself and not of what it points to; None when nothing is."""
        if not name:
            return os.fstat(self.fd)
        try:
            with self.parent(name) as (fd, leaf), named(name):
                found = os.stat(leaf, dir_fd=fd, follow_symlinks=False)
        except FailedError as error:
            if error.code == "PATH_MISSING":
                return None
            raise
        if found.st_dev != self.device:
            raise RefusedError("CROSS_DEVICE", f"{name_show(name)} lies on another file system.")
        return found

    @contextmanager
    def file(self, name: Name) -> Iterator[tuple[int, os.stat_result]]:
        """Give an open regular file and its stat; anything else is refused, and nothing waits for a writer."""
        with self.parent(name) as (parent, leaf):
            with named(name):
                _regular_require(os.stat(leaf, dir_fd=parent, follow_symlinks=False), name)  # opening a device may act
                fd = os.open(leaf, _FILE, dir_fd=parent)
            try:
                yield fd, self._regular(fd, name)
            finally:
                os.close(fd)

    def _regular(self, fd: int, name: Name) -> os.stat_result:
        found = os.fstat(fd)
        _regular_require(found, name)
        if found.st_dev != self.device:
            raise RefusedError("CROSS_DEVICE", f"{name_show(name)} lies on another file system.")
        return found

    def _walk(self, name: Name, flags: int) -> int:
        if not name:
            return os.open(b".", flags, dir_fd=self.fd)
        fd = os.dup(self.fd)
        for depth, part in enumerate(name, start=1):
            try:
                found = os.open(part, flags if depth == len(name) else _O_PATH | _FOLDER, dir_fd=fd)
            finally:
                os.close(fd)
            fd = found
            if os.fstat(fd).st_dev != self.device:
                os.close(fd)
                raise OSError(errno.EXDEV, "another file system")
        return fd


def _regular_require(found: os.stat_result, name: Name) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise RefusedError("LINK", f"{name_show(name)}: a link is not followed.")
    if not stat.S_ISREG(found.st_mode):
        raise RefusedError("NOT_REGULAR", f"{name_show(name)} is not a regular file.")


@contextmanager
def named(name: Name) -> Iterator[None]:
    """Turn what the system says about ``name`` into the error that is reported."""
    try:
        yield
    except OSError as error:
        raise of_system(error, name) from None


def of_system(error: OSError, name: Name) -> RefusedError | FailedError:
    """Return the reported error for one of the system; links and other mounts are refusals, the rest failures."""
    kind, code, text = _SAID.get(error.errno or 0, (FailedError, "SYSTEM", f"{error.strerror}."))
    return kind(code, f"{name_show(name)}: {text}")


_SAID: Mapping[int, tuple[type[RefusedError] | type[FailedError], str, str]] = {
    errno.ENOENT: (FailedError, "PATH_MISSING", "is not there."),
    errno.ELOOP: (RefusedError, "LINK", "a link is not followed."),
    errno.ENOTDIR: (RefusedError, "LINK", "a part of the path is a link or not a folder."),
    errno.EXDEV: (RefusedError, "CROSS_DEVICE", "another file system is not entered."),
    errno.EEXIST: (FailedError, "TARGET_EXISTS", "is there already, and nothing is overwritten."),
    errno.ENXIO: (RefusedError, "NOT_REGULAR", "is not a regular file."),
    errno.ENOSPC: (FailedError, "NO_SPACE", "the disk is full."),
    errno.EDQUOT: (FailedError, "NO_SPACE", "the disk is full."),
}
