"""What this machine did, line by line, each bound to the one before: canonical JSON, appended and never changed.

A line is ``{"code", "digest", "job", "kind", "note", "order", "plan", "prev", "seq", "ts", "nonce"}``; its hash is
the SHA-256 of its bytes without the newline, and the next line carries it as ``prev``. A line is on the disk before
``append`` returns, so what was begun is known after a loss of power.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ops_runtime import clock
from ops_runtime.canonical import canonical_bytes, parse_object, sha256
from ops_runtime.errors import JournalError

GENESIS = "0" * 64
STAGES = ("accepted", "begun", "done", "dropped")
_KEYS = frozenset({"code", "digest", "job", "kind", "nonce", "note", "order", "plan", "prev", "seq", "ts"})


@dataclass(frozen=True, slots=True)
class Line:
    """One entry and the hash of its bytes."""

    seq: int
    hash: str
    kind: str
    job: str
    text: str
    fields: Mapping[str, object]


@dataclass(slots=True)
class JobTrace:
    """What the journal says about one job."""

    order: str
    kinds: list[str] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Taken up, and neither finished nor given back."""
        return self.kinds[-1] in {"accepted", "begun"}

    @property
    def has_begun(self) -> bool:
        """Its effects may have begun since it was last taken up."""
        return self.kinds[-1] == "begun"

    @property
    def is_dropped(self) -> bool:
        """Given back before anything was done: it may come again."""
        return self.kinds[-1] == "dropped"


class Journal:
    """The open journal. Several processes may append: each append reads first what others have added."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = 0
        self.seq = 0
        self.hash = GENESIS
        self.jobs: dict[str, JobTrace] = {}
        self.nonces: dict[str, str] = {}
        self.plans: dict[str, str] = {}
        self.refused: set[str] = set()
        self._ends: list[int] = []
        is_new = not path.exists()
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        if is_new:
            folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
            os.fsync(folder)
            os.close(folder)
        with self._locked():
            self._tail_mend()
            self._catch_up()

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)

    def append(
        self,
        kind: str,
        *,
        job: str = "",
        order: str = "",
        plan: str = "",
        nonce: str = "",
        digest: str = "",
        code: str = "",
        note: str = "",
    ) -> Line:
        """Write one line and return it when the disk has it."""
        with self._locked():
            self._catch_up()
            entry = {
                "kind": kind,
                "job": job,
                "order": order,
                "plan": plan,
                "nonce": nonce,
                "digest": digest,
                "code": code,
                "note": note,
                "prev": self.hash,
                "seq": self.seq + 1,
                "ts": clock.now(),
            }
            body = canonical_bytes(entry)
            _write_all(self._fd, body + b"\n")
            os.fsync(self._fd)
            return self._take(body)

    def lines(self, after: int = 0) -> Iterator[Line]:
        """Give the lines with a higher seq; that they follow each other was checked when they were read first."""
        with self._locked():
            self._catch_up()
        place = self._ends[after - 1] if after else 0
        for number, end in enumerate(self._ends[after:], start=after + 1):
            raw = os.pread(self._fd, end - place, place)
            place = end
            yield line_read(raw, number - 1, str(parse_object(raw)["prev"]))

    def _catch_up(self) -> None:
        size = os.fstat(self._fd).st_size
        if size < self._size:
            raise JournalError("The journal has become shorter.")
        if size == self._size:
            return
        body = os.pread(self._fd, size - self._size, self._size)
        for raw in body.splitlines(keepends=True):
            self._take(raw.removesuffix(b"\n"))

    def _take(self, body: bytes) -> Line:
        line = line_read(body + b"\n", self.seq, self.hash)
        self.seq, self.hash = line.seq, line.hash
        self._size += len(body) + 1
        self._ends.append(self._size)
        fields = {key: str(value) for key, value in line.fields.items()}
        if line.kind == "refused":
            self.refused.add(fields["order"])  # whoever wrote that order: it does not make its job known
        elif line.job and line.kind in STAGES:
            self.jobs.setdefault(line.job, JobTrace(fields["order"])).kinds.append(line.kind)
        if fields["nonce"]:
            self.nonces.setdefault(fields["nonce"], line.job)
        if line.kind == "begun" and fields["plan"]:
            self.plans.setdefault(fields["plan"], line.job)
        return line

    def _tail_mend(self) -> None:
        """Cut off a last line that the power went away from: it was never answered for."""
        size = os.fstat(self._fd).st_size
        if not size or os.pread(self._fd, 1, size - 1) == b"\n":
            return
        whole = self._path.read_bytes().rfind(b"\n") + 1
        os.ftruncate(self._fd, whole)
        os.fsync(self._fd)

    def _locked(self) -> "_Locked":
        return _Locked(self._fd)


class _Locked:
    """Nobody else appends meanwhile."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def __enter__(self) -> None:
        fcntl.flock(self._fd, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        fcntl.flock(self._fd, fcntl.LOCK_UN)


def line_read(raw: bytes, seq: int, chain: str) -> Line:
    """Return the line that follows number ``seq`` with hash ``chain``; raise JournalError when this is not it."""
    body = raw.removesuffix(b"\n")
    try:
        fields = parse_object(body)
        is_canonical = canonical_bytes(fields) == body
    except ValueError as error:
        raise JournalError(f"Line {seq + 1} of the journal cannot be read: {error}.") from None
    if not raw.endswith(b"\n") or not is_canonical or set(fields) != _KEYS:
        raise JournalError(f"Line {seq + 1} of the journal was not written like this.")
    if fields["seq"] != seq + 1 or fields["prev"] != chain:
        raise JournalError(f"Line {seq + 1} of the journal does not follow the line before it.")
    return Line(seq + 1, sha256(body), str(fields["kind"]), str(fields["job"]), body.decode(), fields)


def _write_all(fd: int, body: bytes) -> None:
    view = memoryview(body)
    while view:
        view = view[os.write(fd, view) :]
