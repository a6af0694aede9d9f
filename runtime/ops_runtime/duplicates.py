"""Files of the same content, fast: size, then the first 4 KiB, then everything.

Most of the time goes into system calls, so there are few: a folder is opened once for all its files that share a size
with another one, and a file of up to 4 KiB is opened, read and closed once, its bytes being its whole content. Threads
were measured and did not help: the calls are short and the lock between them is not free.
"""

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ops_runtime.errors import OpsError
from ops_runtime.names import Name, is_hidden
from ops_runtime.root import Guard, Root

HEAD = 4096
_BLOCK = 1024 * 1024
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Group:
    """Two files or more that are alike to the last byte."""

    sha256: str
    size: int
    names: list[Name]

    @property
    def wasted(self) -> int:
        """What all but one of them take."""
        return self.size * (len(self.names) - 1)


@dataclass(slots=True)
class Scan:
    """The groups, the largest waste first, and how much was looked at."""

    groups: list[Group]
    files: int
    skipped: int


Listing = tuple[Name, list[tuple[str, int, int]]]
"""A folder, and of each regular file in it the name, the size and the inode."""


def folders(root: Root, start: Name) -> Iterator[Listing]:
    """Give the folders at and below ``start`` with their regular files; links, devices and other mounts are left out."""
    waiting = [start]
    while waiting:
        folder = waiting.pop()
        try:
            fd = root.folder_open(folder, listing=True)
        except OpsError:
            if folder == start:
                raise
            continue
        try:
            below, files = _listing(fd, root.device)
        finally:
            os.close(fd)
        waiting += [(*folder, os.fsencode(name)) for name in below]
        yield folder, files


def _listing(fd: int, device: int) -> tuple[list[str], list[tuple[str, int, int]]]:
    below, files = [], []
    with os.scandir(fd) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                found = entry.stat(follow_symlinks=False)
                if found.st_dev == device:
                    files.append((entry.name, found.st_size, found.st_ino))
            elif entry.is_dir(follow_symlinks=False) and not is_hidden(os.fsencode(entry.name)):
                below.append(entry.name)
    return below, files


def duplicates_find(root: Root, listings: Iterable[Listing], *, min_size: int, limit: int) -> Scan:
    """Return the groups of equal content among the listed files; names of one inode are no duplicates of each other."""
    listed = [(folder, files) for folder, files in listings if files]
    sizes: dict[int, int] = defaultdict(int)
    for _, files in listed:
        for _, size, _ in files:
            sizes[size] += 1
    wanted = {size for size, count in sizes.items() if count > 1 and min_size <= size <= limit}
    heads, skipped = _heads(root, listed, wanted)
    groups = []
    for (size, digest), names in heads.items():
        if len(names) < 2:
            continue
        if size <= HEAD:
            groups.append(Group(digest.hex(), size, sorted(names)))
        else:
            found, unread = _whole(root, names, size)
            groups += found
            skipped += unread
    groups.sort(key=lambda one: (-one.wasted, one.sha256))
    return Scan(groups, sum(sizes.values()), skipped)


def _heads(root: Root, listed: list[Listing], wanted: set[int]) -> tuple[dict[tuple[int, bytes], list[Name]], int]:
    heads: dict[tuple[int, bytes], list[Name]] = defaultdict(list)
    seen: set[int] = set()
    skipped = 0
    for folder, files in listed:
        chosen = [one for one in files if one[1] in wanted]
        if not chosen:
            continue
        try:
            fd = root.folder_open(folder)
        except OpsError:
            skipped += len(chosen)
            continue
        try:
            for name, size, inode in chosen:
                if inode in seen:
                    continue
                seen.add(inode)
                digest = _head(fd, name, size, inode)
                if digest is None:
                    skipped += 1
                else:
                    heads[size, digest].append((*folder, os.fsencode(name)))
        finally:
            os.close(fd)
    return heads, skipped


def _head(folder: int, name: str, size: int, inode: int) -> bytes | None:
    """Return the SHA-256 of the first 4 KiB; None when the file is no longer what was listed."""
    try:
        fd = os.open(name, _FLAGS, dir_fd=folder)
    except OSError:
        return None
    try:
        body = os.read(fd, HEAD)
        if len(body) != min(size, HEAD):
            return None
        found = os.fstat(fd)
    except OSError:
        return None
    finally:
        os.close(fd)
    if found.st_ino != inode or found.st_size != size:
        return None
    return hashlib.sha256(body).digest()


def _whole(root: Root, names: list[Name], size: int) -> tuple[list[Group], int]:
    by_digest: dict[str, list[Name]] = defaultdict(list)
    skipped = 0
    for name in names:
        try:
            by_digest[_digest(root, name, size)].append(name)
        except (OSError, OpsError):
            skipped += 1
    return [Group(sha256, size, sorted(same)) for sha256, same in by_digest.items() if len(same) > 1], skipped


def _digest(root: Root, name: Name, size: int) -> str:
    state = hashlib.sha256()
    with root.file(name) as (fd, found):
        while piece := os.read(fd, _BLOCK):
            state.update(piece)
        if found.st_size != size or Guard.of(os.fstat(fd)) != Guard.of(found):
            raise OSError("it changes meanwhile")
    return state.hexdigest()
