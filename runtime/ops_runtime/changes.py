"""What is about to change, and what it was like before: the two halves that a plan is sealed over."""

import hashlib
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field

from ops_runtime.config import Limits
from ops_runtime.errors import FailedError, RefusedError
from ops_runtime.names import Name, is_hidden, is_inside, name_json, name_show
from ops_runtime.root import Guard, Root, named

_BLOCK = 1024 * 1024
DEPTH_MAX = 64


@dataclass(frozen=True, slots=True)
class Step:
    """One effect: ``delete`` goes to the trash, ``create`` writes a file that ``Preview.content`` makes."""

    action: str
    path: Name
    to: Name | None = None


@dataclass(slots=True)
class Preview:
    """What an operation would do. ``guards`` say which objects it is about and are not part of the plan."""

    steps: list[Step] = field(default_factory=list)
    diff: list[dict[str, object]] = field(default_factory=list)
    preconditions: list[dict[str, object]] = field(default_factory=list)
    guards: dict[Name, Guard] = field(default_factory=dict)
    content: Callable[[int], dict[str, object]] | None = None

    @property
    def as_json(self) -> dict[str, object]:
        """The result of a dry-run."""
        return {"diff": self.diff, "preconditions": self.preconditions}


class Planner:
    """Looks at what steps are about, under the limits, and writes the preview down."""

    def __init__(self, root: Root, limits: Limits) -> None:
        self._root, self._limits = root, limits
        self.preview = Preview()

    def delete(self, path: Name) -> None:
        """Take a file, or a folder with everything in it, to the trash."""
        self._step(Step("delete", path))
        self._subject(path, deep=True)

    def move(self, action: str, path: Name, to: Name) -> None:
        """Give a file or a folder another name, in the same folder or in another one."""
        if is_inside(to, path):
            raise RefusedError("PARAMS_INVALID", f"{name_show(path)} cannot go into itself.")
        self._step(Step(action, path, to))
        self._change(action, path, to)
        self._subject(path, deep=False)
        self.absent(to)

    def create(self, path: Name, content: Callable[[int], dict[str, object]]) -> None:
        """Write a new file: ``content`` fills the open one and returns what the result says about it."""
        self._step(Step("create", path))
        self._change("create", path, None)
        self.absent(path)
        self.preview.content = content

    def absent(self, path: Name) -> None:
        """Require that nothing is there, in a folder that is."""
        if self._root.find(path) is not None:
            raise FailedError("TARGET_EXISTS", f"{name_show(path)} is there already, and nothing is overwritten.")
        os.close(self._root.folder_open(path[:-1]))
        self._state(path, "absent")

    def folder(self, path: Name) -> None:
        """Require a folder."""
        os.close(self._root.folder_open(path))
        self._state(path, "directory")

    def file(self, path: Name) -> None:
        """Require a file of just this content."""
        with self._root.file(path) as (fd, found):
            links_require(path, found, self._limits)
            self.preview.guards[path] = Guard.of(found)
            self._state(path, "file", found.st_size, content_digest(fd, found, path, self._limits.hash_bytes))

    def _subject(self, path: Name, *, deep: bool) -> None:
        found = self._root.find(path)
        if found is None:
            raise FailedError("PATH_MISSING", f"{name_show(path)} is not there.")
        if deep:
            self._change("delete", path, None)
        if stat.S_ISDIR(found.st_mode):
            self.preview.guards[path] = Guard.of(found)
            self._state(path, "directory")
            if deep:
                self._within(path)
        else:
            self.file(path)

    def _within(self, path: Name) -> None:
        if len(path) > DEPTH_MAX:
            raise RefusedError("LIMIT_EXCEEDED", f"{name_show(path)} lies too deep.")
        fd = self._root.folder_open(path, listing=True)
        try:
            with named(path):
                names = sorted(os.fsencode(name) for name in os.listdir(fd))
        finally:
            os.close(fd)
        for name in names:
            if is_hidden(name):
                raise RefusedError("PATH_INVALID", f"{name_show(path)} holds something of this program.")
            self._subject((*path, name), deep=True)

    def _step(self, step: Step) -> None:
        ends = [end for end in (step.path, step.to) if end is not None]
        taken = [end for one in self.preview.steps for end in (one.path, one.to) if end is not None]
        if any(is_inside(end, other) or is_inside(other, end) for end in ends for other in taken):
            raise RefusedError(
                "PARAMS_INVALID", f"{name_show(step.path)} stands twice, or in something that also goes."
            )
        self.preview.steps.append(step)

    def _change(self, action: str, path: Name, to: Name | None) -> None:
        self.preview.diff.append({"action": action, "path": name_json(path), "to": name_json(to) if to else None})
        if len(self.preview.diff) > self._limits.items:
            raise RefusedError("LIMIT_EXCEEDED", f"More than {self._limits.items} changes in one job.")

    def _state(self, path: Name, kind: str, size: int = 0, sha256: str = "") -> None:
        state: dict[str, object] = {"path": name_json(path), "kind": kind, "size": size, "sha256": sha256}
        if state not in self.preview.preconditions:
            self.preview.preconditions.append(state)


def links_require(path: Name, found: os.stat_result, limits: Limits) -> None:
    """Refuse a file that has another name: who knows where that one is."""
    if found.st_nlink > 1 and not limits.allow_hard_links:
        raise RefusedError("HARD_LINK", f"{name_show(path)} has another name elsewhere (a hard link).")


def content_digest(fd: int, found: os.stat_result, path: Name, limit: int) -> str:
    """Return the SHA-256 of an open file; raise when it is too large, or changes meanwhile."""
    if found.st_size > limit:
        raise RefusedError("LIMIT_EXCEEDED", f"{name_show(path)} is larger than this machine hashes.")
    state = hashlib.sha256()
    left = found.st_size
    with named(path):
        while left and (piece := os.read(fd, min(_BLOCK, left))):
            state.update(piece)
            left -= len(piece)
        is_whole = not left and Guard.of(os.fstat(fd)) == Guard.of(found)
    if not is_whole:
        raise FailedError("CHANGED_MEANWHILE", f"{name_show(path)} is being written to.")
    return state.hexdigest()
