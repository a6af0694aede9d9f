"""Files of the same content, fast: size, then the first 4 KiB, then the SHA-256 of everything.

Most of the time goes into system calls, so there are few. A folder is opened once for all its files. Where files are
small, asking for their sizes costs as much as reading them: then they are read at once, and that tells the size too.
Most are told apart by one open, read and close. Threads do not help: the calls are short and the lock between them is
not free.
"""

import hashlib
import os
import stat
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ops_runtime.errors import OpsError
from ops_runtime.names import Name, is_hidden
from ops_runtime.root import Guard, Root

HEAD = 4096
ASKED = 16
"""Of so many files of a folder the size is asked for; when all are small, the others are read without asking."""
_TAIL = slice(-64, None)
_BLOCK = 1024 * 1024
_SHIFT = 32  # a place is the number of the folder and, in these bits, that of the file in it
_TAKEN = -1
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

Entry = tuple[str, int, int]
"""A regular file: its name, its size, and its inode, which may be 0 when it has no other name."""
Listing = tuple[Name, list[Entry]]
"""A folder and the regular files in it."""


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


def duplicates_below(root: Root, start: Name, *, min_size: int, limit: int) -> Scan:
    """Return the groups of equal content at and below a folder; links, devices and other mounts are left out.

    Names of one inode are no duplicates of each other. ``limit`` is the largest size that is hashed.
    """
    search = _Search(root, min_size, limit)
    waiting = [start]
    while waiting:
        folder = waiting.pop()
        with search.opened(folder, is_needed=folder == start) as fd:
            if fd is not None:
                waiting += [(*folder, os.fsencode(name)) for name in search.folder(folder, fd)]
    return search.finish()


def duplicates_among(root: Root, listings: Iterable[Listing], *, min_size: int, limit: int) -> Scan:
    """Return the groups of equal content among files that were listed before."""
    search = _Search(root, min_size, limit)
    for folder, files in listings:
        search.take(folder, files)
    return search.finish()


class _Search:
    """First the beginning of every file, by Python's own hash; then the SHA-256 of all that is alike by then.

    Of a file that is read as a whole the end is enough to sort it: if that is alike, it is hashed from memory.
    """

    def __init__(self, root: Root, min_size: int, limit: int) -> None:
        self._root, self._min_size, self._limit = root, min_size, limit
        self._sizes: dict[int, int] = defaultdict(int)
        self._waiting: list[Listing] = []
        self._places: list[Listing] = []
        self._firsts: dict[int, int] = {}
        self._inodes: set[int] = set()
        self._later: dict[Name, list[Entry]] = defaultdict(list)
        self._found: dict[tuple[int, bytes], list[tuple[Name, str]]] = defaultdict(list)
        self._skipped = 0

    @contextmanager
    def opened(self, folder: Name, *, is_needed: bool = False) -> Iterator[int | None]:
        """Give an open folder; None when it cannot be opened any more, which is an error only if it ``is_needed``."""
        try:
            fd = self._root.folder_open(folder, listing=True)
        except OpsError:
            if is_needed:
                raise
            yield None
            return
        try:
            yield fd
        finally:
            os.close(fd)

    def folder(self, folder: Name, fd: int) -> list[str]:
        """Take the files of an open folder, and return the folders in it."""
        below: list[str] = []
        files: list[os.DirEntry[str]] = []
        with os.scandir(fd) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False):
                    files.append(entry)
                elif entry.is_dir(follow_symlinks=False) and not is_hidden(os.fsencode(entry.name)):
                    below.append(entry.name)
        asked = self._asked(files[:ASKED])
        if all(size < HEAD for _, size, _ in asked):
            self._heads(fd, folder, [(entry.name, -1, entry.inode()) for entry in files[ASKED:]])
        else:
            asked += self._asked(files[ASKED:])
        self.take(folder, asked)
        return below

    def take(self, folder: Name, files: list[Entry]) -> None:
        """Take files whose sizes are known; what is of the same size is compared at the end."""
        for _, size, _ in files:
            self._sizes[size] += 1
        if files:
            self._waiting.append((folder, files))

    def finish(self) -> Scan:
        """Compare what waits, and return the groups, the largest waste first."""
        for folder, files in self._waiting:
            wanted = [one for one in files if self._sizes[one[1]] > 1 and self._min_size <= one[1] <= self._limit]
            self._each(folder, wanted, self._heads)
        for folder, files in self._later.items():
            self._each(folder, files, self._whole)
        groups = [
            Group(digest.hex(), size, sorted((*folder, os.fsencode(name)) for folder, name in found))
            for (size, digest), found in self._found.items()
            if len(found) > 1
        ]
        groups.sort(key=lambda one: (-one.wasted, one.sha256))
        return Scan(groups, sum(self._sizes.values()), self._skipped)

    def _asked(self, entries: list[os.DirEntry[str]]) -> list[Entry]:
        found = []
        for entry in entries:
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:
                self._skipped += 1
                continue
            if status.st_dev == self._root.device:
                found.append((entry.name, status.st_size, status.st_ino if status.st_nlink > 1 else 0))
        return found

    def _each(self, folder: Name, files: list[Entry], look: Callable[[int, Name, list[Entry]], None]) -> None:
        if files:
            with self.opened(folder) as fd:
                if fd is None:
                    self._skipped += len(files)
                else:
                    look(fd, folder, files)

    def _heads(self, fd: int, folder: Name, files: list[Entry]) -> None:
        """Sort files by how they begin; a size of -1 is not known yet."""
        open_, read, close, inodes, firsts, sizes = os.open, os.read, os.close, self._inodes, self._firsts, self._sizes
        flags, most, tail, least = _FLAGS, HEAD, _TAIL, self._min_size  # names of the loop's own: this is the hot path
        self._places.append((folder, files))
        place = (len(self._places) - 1) << _SHIFT
        large: list[Entry] = []
        for number, entry in enumerate(files, start=place):
            name, size, inode = entry
            if inode:
                if inode in inodes:
                    continue
                inodes.add(inode)
            try:
                file = open_(name, flags, dir_fd=fd)
            except OSError:
                self._skipped += 1
                continue
            try:
                head = read(file, most)
                if size < 0:
                    size = len(head)
                    if size == most:
                        self._ask(file, entry, large)
                        continue
                    sizes[size] += 1
                    if size < least:
                        continue
                key = hash(head if size > most else head[tail]) ^ size
                if key in firsts:
                    self._alike(key, head, file, folder, (name, size, inode))
                else:
                    firsts[key] = number
            except OSError:
                self._skipped += 1
            finally:
                close(file)
        if large:
            self.take(folder, large)

    def _ask(self, file: int, entry: Entry, large: list[Entry]) -> None:
        """Ask a file for its size that is not small after all, and let it wait for the others of that size."""
        found = os.fstat(file)
        if stat.S_ISREG(found.st_mode) and found.st_dev == self._root.device:
            self._inodes.discard(entry[2])
            large.append((entry[0], found.st_size, found.st_ino if found.st_nlink > 1 else 0))

    def _alike(self, key: int, head: bytes, file: int, folder: Name, entry: Entry) -> None:
        """Take a file that begins like another one; a small one is in hand as a whole."""
        first = self._firsts[key]
        if first != _TAKEN:
            self._firsts[key] = _TAKEN
            where, files = self._places[first >> _SHIFT]
            name, _, inode = files[first & (1 << _SHIFT) - 1]
            self._later[where].append((name, entry[1], inode))
        if entry[1] > HEAD:
            self._later[folder].append(entry)
        elif len(head) == entry[1] and self._is_listed(os.fstat(file), entry[1]):
            self._found[entry[1], hashlib.sha256(head).digest()].append((folder, entry[0]))
        else:
            self._skipped += 1

    def _whole(self, fd: int, folder: Name, files: list[Entry]) -> None:
        """Hash files from beginning to end."""
        for name, size, _ in files:
            digest = self._digest(fd, name, size)
            if digest is None:
                self._skipped += 1
            else:
                self._found[size, digest].append((folder, name))

    def _digest(self, folder: int, name: str, size: int) -> bytes | None:
        """Return the SHA-256 of a file; None when it is not, or not any more, the one that was listed."""
        try:
            fd = os.open(name, _FLAGS, dir_fd=folder)
        except OSError:
            return None
        try:
            before = os.fstat(fd)
            if not self._is_listed(before, size):
                return None
            state = hashlib.sha256()
            while piece := os.read(fd, min(_BLOCK, size + 1)):
                state.update(piece)
            return state.digest() if Guard.of(os.fstat(fd)) == Guard.of(before) else None
        except OSError:
            return None
        finally:
            os.close(fd)

    def _is_listed(self, found: os.stat_result, size: int) -> bool:
        return found.st_size == size and found.st_dev == self._root.device and stat.S_ISREG(found.st_mode)
