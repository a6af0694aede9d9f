"""Where deleted things go: out of the root and back again. Every one has a note of where it was, written before it left."""

import os
import shutil
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ops_runtime import clock
from ops_runtime.config import State
from ops_runtime.errors import FailedError, RefusedError
from ops_runtime.files import gone, json_read, json_write
from ops_runtime.names import TRASH, Name, name_json, name_parse, name_show
from ops_runtime.root import Guard, Root, named
from ops_runtime.syscalls import rename_noreplace

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in the trash."""

    slot: str
    job: str
    path: Name
    at: int
    home: str
    kind: str
    size: int


class Trash:
    """Two homes: in the state folder when that is on the root's mount, else ``.ops-trash`` in the root, which is hidden."""

    def __init__(self, state: State, root: Root) -> None:
        self._root = root
        self._notes = state.child("trash-notes")
        self._state_home = state.child("trash")
        self.home = "state" if _is_one_mount(self._state_home, root.fd) else "root"

    def put(self, parent: int, leaf: bytes, *, slot: str, job: str, path: Name, guard: Guard) -> None:
        """Take what ``guard`` knows out of an open folder; raise FailedError when something else lies there by now."""
        found = os.stat(leaf, dir_fd=parent, follow_symlinks=False)
        if Guard.of(found) != guard:
            raise FailedError("PLAN_STALE", f"{name_show(path)} is not what it was a moment ago.")
        kind = "directory" if stat.S_ISDIR(found.st_mode) else "file"
        note = {"job": job, "path": name_json(path), "at": clock.now(), "home": self.home, "kind": kind}
        json_write(self._note(slot), {**note, "size": found.st_size if kind == "file" else 0})
        home = self._open(self.home)
        try:
            rename_noreplace(parent, leaf, home, slot.encode())
            if not guard.is_same_object(os.stat(slot, dir_fd=home, follow_symlinks=False)):
                rename_noreplace(home, slot.encode(), parent, leaf)
                raise FailedError("PLAN_STALE", f"{name_show(path)} was exchanged at that very moment.")
            os.fsync(home)
        except OSError:
            gone(self._note(slot))
            raise
        finally:
            os.close(home)

    def entries(self) -> list[Entry]:
        """Return what is in the trash, oldest first; a note whose thing never arrived is not an entry."""
        found = []
        for note in self._notes.glob("*.json"):
            entry = self._entry(note.stem)
            if entry and self.find(entry.slot) is not None:
                found.append(entry)
        return sorted(found, key=lambda entry: (entry.at, entry.slot))

    def find(self, slot: str) -> os.stat_result | None:
        """Return the stat of what lies in a slot; None when nothing does."""
        entry = self._entry(slot)
        if entry is None:
            return None
        home = self._open(entry.home)
        try:
            return os.stat(slot, dir_fd=home, follow_symlinks=False)
        except FileNotFoundError:
            return None
        finally:
            os.close(home)

    def restore(self, slot: str) -> Entry:
        """Put a thing back where it was; raise FailedError when something is there, or its folder is not."""
        entry = self._entry(slot)
        if entry is None:
            raise FailedError("PATH_MISSING", f"There is no {slot} in the trash.")
        home = self._open(entry.home)
        try:
            with self._root.parent(entry.path) as (parent, leaf), named(entry.path):
                rename_noreplace(home, slot.encode(), parent, leaf)
            os.fsync(home)
        finally:
            os.close(home)
        gone(self._note(slot))
        return entry

    def purge(self, before: int) -> list[Entry]:
        """Remove for ever what was deleted before ``before``, and return it."""
        old = [entry for entry in self.entries() if entry.at < before]
        for entry in old:
            self._remove(entry)
            gone(self._note(entry.slot))
        return old

    def _remove(self, entry: Entry) -> None:
        home = self._open(entry.home)
        try:
            if entry.kind == "directory":
                shutil.rmtree(entry.slot, dir_fd=home)
            else:
                os.unlink(entry.slot, dir_fd=home)
        finally:
            os.close(home)

    def _note(self, slot: str) -> Path:
        if "/" in slot or slot.startswith("."):
            raise RefusedError("PATH_INVALID", "That is no id of the trash.")
        return self._notes / f"{slot}.json"

    def _entry(self, slot: str) -> Entry | None:
        note = json_read(self._note(slot))
        if note is None:
            return None
        path, size, at = name_parse(note["path"]), note["size"], note["at"]
        if not isinstance(size, int) or not isinstance(at, int):
            raise FailedError("TRASH_BROKEN", f"The note of {slot} is damaged.")
        return Entry(slot, str(note["job"]), path, at, str(note["home"]), str(note["kind"]), size)

    def _open(self, home: str) -> int:
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        if home == "state":
            return os.open(self._state_home, flags)
        with suppress(FileExistsError):
            os.mkdir(TRASH, 0o700, dir_fd=self._root.fd)
        with named((TRASH,)):
            fd = os.open(TRASH, flags, dir_fd=self._root.fd)
        os.fchmod(fd, 0o700)
        return fd


def _is_one_mount(folder: Path, fd: int) -> bool:
    """Say whether a rename between the two can work: one file system, and on Linux one mount of it."""
    other = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if os.fstat(other).st_dev != os.fstat(fd).st_dev:
            return False
        return sys.platform != "linux" or _mount(other) == _mount(fd)
    finally:
        os.close(other)


def _mount(fd: int) -> str:
    lines = Path(f"/proc/self/fdinfo/{fd}").read_text(encoding="ascii").splitlines()
    return next((line for line in lines if line.startswith("mnt_id:")), "")
