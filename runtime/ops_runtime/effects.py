"""The only place that changes anything in the root: one step after the other, and back again when one fails.

Before the first step the list of steps is on the disk, with the inode that each is about. After a crash ``inspect``
compares it with what is there and says what happened; nothing is tried again.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from ops_runtime.canonical import canonical_bytes, parse_object
from ops_runtime.changes import Preview, Step
from ops_runtime.errors import FailedError, OpsError
from ops_runtime.names import PART, Name, name_json, name_parse, name_show
from ops_runtime.root import Guard, Root, named, of_system
from ops_runtime.syscalls import rename_noreplace
from ops_runtime.trash import Trash

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Effect:
    """A step with the object that it is about, and its place in the trash."""

    step: Step
    guard: Guard | None
    slot: str

    @property
    def change(self) -> dict[str, object]:
        """The step as it stands in a diff."""
        to = self.step.to
        return {"action": self.step.action, "path": name_json(self.step.path), "to": name_json(to) if to else None}


class Effects:
    """The steps of one job."""

    def __init__(self, root: Root, trash: Trash, job: str) -> None:
        self._root, self._trash, self._job = root, trash, job
        self._done: list[Effect] = []

    def listed(self, preview: Preview) -> list[Effect]:
        """Return the effects of a preview, in their order."""
        return [
            Effect(step, preview.guards.get(step.path), f"{self._job}-{number:04d}")
            for number, step in enumerate(preview.steps)
        ]

    def run(self, effects: list[Effect], preview: Preview, say: Say) -> dict[str, object]:
        """Do them all; raise FailedError after having undone those before the one that failed."""
        extra: dict[str, object] = {}
        try:
            for number, effect in enumerate(effects, start=1):
                extra |= self._do(effect, preview)
                self._done.append(effect)
                say(f"{effect.step.action} {name_show(effect.step.path)} ({number} of {len(effects)})\n")
        except (OSError, OpsError) as error:
            raise self._failure(error, effect, self._undo(say)) from None
        self._sync()
        trashed = [effect.slot for effect in effects if effect.step.action == "delete"]
        return {"applied_count": len(effects), "failed_count": 0, "failures": [], "trash": trashed} | extra

    def _failure(self, error: OSError | OpsError, effect: Effect, left: list[Effect]) -> "EffectError":
        said = of_system(error, effect.step.path) if isinstance(error, OSError) else error
        failure = {"change": effect.change, "code": said.code, "message": said.message}
        result = {"applied_count": len(left), "failed_count": 1, "failures": [failure]}
        return EffectError(said.code, said.message, result | {"done": [one.change for one in left]})

    def _do(self, effect: Effect, preview: Preview) -> dict[str, object]:
        step = effect.step
        if step.action == "create":
            return self._create(step.path, preview)
        if effect.guard is None:
            raise FailedError("PLAN_STALE", f"{name_show(step.path)} was not looked at.")
        if step.to is None:
            with self._root.parent(step.path) as (parent, leaf):
                self._trash.put(parent, leaf, slot=effect.slot, job=self._job, path=step.path, guard=effect.guard)
        else:
            self._rename(step.path, step.to, effect.guard)
        return {}

    def _rename(self, path: Name, to: Name, guard: Guard) -> None:
        with self._root.parent(path) as (source, leaf), self._root.parent(to) as (target, new):
            if Guard.of(os.stat(leaf, dir_fd=source, follow_symlinks=False)) != guard:
                raise FailedError("PLAN_STALE", f"{name_show(path)} is not what it was a moment ago.")
            with named(to):
                rename_noreplace(source, leaf, target, new)
            if not guard.is_same_object(os.stat(new, dir_fd=target, follow_symlinks=False)):
                rename_noreplace(target, new, source, leaf)
                raise FailedError("PLAN_STALE", f"{name_show(path)} was exchanged at that very moment.")

    def _create(self, path: Name, preview: Preview) -> dict[str, object]:
        part = PART + self._job.encode()
        if preview.content is None:
            raise FailedError("PLAN_STALE", f"{name_show(path)} has no content.")
        with self._root.parent(path) as (parent, leaf), named(path):
            fd = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=parent)
            try:
                result = preview.content(fd)
                os.fsync(fd)
                rename_noreplace(parent, part, parent, leaf)
            except (OSError, OpsError):
                with suppress(FileNotFoundError):
                    os.unlink(part, dir_fd=parent)
                raise
            finally:
                os.close(fd)
        return result

    def _undo(self, say: Say) -> list[Effect]:
        """Take back what was done, the last first; return what could not be taken back."""
        left = []
        for effect in reversed(self._done):
            try:
                self._take_back(effect)
                say(f"taken back: {effect.step.action} {name_show(effect.step.path)}\n")
            except (OSError, OpsError):
                left.append(effect)
        return left[::-1]

    def _take_back(self, effect: Effect) -> None:
        path, to = effect.step.path, effect.step.to
        if effect.step.action == "delete":
            self._trash.restore(effect.slot)
        elif to is not None:
            with self._root.parent(to) as (source, leaf), self._root.parent(path) as (target, new):
                rename_noreplace(source, leaf, target, new)
        else:
            with self._root.parent(path) as (parent, leaf):
                os.unlink(leaf, dir_fd=parent)

    def _sync(self) -> None:
        folders = {end[:-1] for one in self._done for end in (one.step.path, one.step.to) if end is not None}
        for folder in folders:
            with suppress(OSError, OpsError):
                fd = self._root.folder_open(folder, listing=True)
                try:
                    os.fsync(fd)
                finally:
                    os.close(fd)

    def inspect(self, effects: list[Effect]) -> dict[str, list[dict[str, object]]]:
        """Say of each effect whether it is visible: ``done``, ``not_done``, or ``unknown`` when somebody was there since."""
        found: dict[str, list[dict[str, object]]] = {"done": [], "not_done": [], "unknown": []}
        for effect in effects:
            try:
                found[self._seen(effect)].append(effect.change)
            except (OSError, OpsError):
                found["unknown"].append(effect.change)
        return found

    def _seen(self, effect: Effect) -> str:
        before = self._root.find(effect.step.path)
        if effect.step.action == "create":
            with self._root.parent(effect.step.path) as (parent, _), suppress(FileNotFoundError):
                os.unlink(PART + self._job.encode(), dir_fd=parent)
            return "done" if before is not None else "not_done"
        to = effect.step.to
        after = self._root.find(to) if to is not None else self._trash.find(effect.slot)
        if effect.guard and after is not None and effect.guard.is_same_object(after):
            return "done"
        if effect.guard and before is not None and effect.guard.is_same_object(before):
            return "not_done"
        return "unknown"


class EffectError(FailedError):
    """A step failed; ``result`` says what is done all the same."""

    def __init__(self, code: str, message: str, result: dict[str, object]) -> None:
        super().__init__(code, message)
        self.result = result


def effects_write(effects: list[Effect]) -> bytes:
    """Return the bytes that are kept until the job is done."""
    return canonical_bytes({"effects": [_written(effect) for effect in effects]})


def effects_read(body: bytes) -> list[Effect]:
    """Return what ``effects_write`` has written; raise ValueError when it is damaged."""
    listed = parse_object(body).get("effects")
    if not isinstance(listed, list):
        raise ValueError("no effects")
    return [_read(one) for one in listed]


def _written(effect: Effect) -> dict[str, object]:
    guard = effect.guard
    numbers = (guard.device, guard.inode, guard.size, guard.modified, guard.changed) if guard else ()
    # Nanoseconds do not fit into the 53 bits of the profile, so the numbers are written as text.
    return effect.change | {"slot": effect.slot, "guard": [str(number) for number in numbers]}


def _read(one: dict[str, object]) -> Effect:
    numbers = one["guard"]
    if not isinstance(numbers, list):
        raise ValueError("no guard")
    guard = Guard(*(int(number) for number in numbers)) if numbers else None
    to = name_parse(one["to"]) if one["to"] is not None else None
    return Effect(Step(str(one["action"]), name_parse(one["path"]), to), guard, str(one["slot"]))
