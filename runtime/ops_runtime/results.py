"""What is told about a job: signed, on the disk before it is sent, kept until the portal has it."""

import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ops_runtime import clock, dsse
from ops_runtime.canonical import canonical_bytes, digest, parse_object, transport_bytes
from ops_runtime.config import State
from ops_runtime.files import folder_sync, write_atomic

SUMMARY_MAX = 500
SENT_SECONDS = 7 * 86_400
EXIT_CODES = {"executed": 0, "failed": 1, "refused": 2}


@dataclass(slots=True)
class Outcome:
    """How a job ended: executed, failed or refused (then nothing was begun)."""

    status: str
    summary: str
    code: str = ""
    result: dict[str, object] = field(default_factory=dict)
    started_at: int = field(default_factory=clock.now)


def body_make(outcome: Outcome, *, job: str, order: str, runtime: str) -> dict[str, object]:
    """Return the payload of a result, but for the place of its line in the journal."""
    return {
        "code": outcome.code,
        "exit_code": EXIT_CODES[outcome.status],
        "finished_at": clock.now(),
        "job": job,
        "order_digest": order,
        "result": outcome.result,
        "result_sha256": digest(outcome.result),
        "runtime": runtime,
        "started_at": outcome.started_at,
        "status": outcome.status,
        "summary": outcome.summary[:SUMMARY_MAX],
        "v": 1,
    }


def result_sign(
    body: dict[str, object], *, seq: int, chain: str, key: Ed25519PrivateKey, runtime: str
) -> dict[str, object]:
    """Return the envelope of a result whose line in the journal is number ``seq`` with hash ``chain``."""
    payload = canonical_bytes(body | {"journal": {"hash": chain, "seq": seq}})
    return dsse.envelope_sign(key, runtime, dsse.RESULT_TYPE, payload)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A result that the portal has not got yet."""

    job: str
    path: Path

    @property
    def envelope(self) -> dict[str, object]:
        """What is sent."""
        return parse_object(self.path.read_bytes(), any_keys=True)


class Spool:
    """Two folders: ``spool`` has what is to be sent, ``sent`` for a week what was, in case that a job comes again."""

    def __init__(self, state: State) -> None:
        self._spool, self._sent = state.child("spool"), state.child("sent")

    def put(self, job: str, order: str, envelope: dict[str, object]) -> None:
        """Keep a result until it is recorded."""
        write_atomic(self._spool / _file(job, order), transport_bytes(envelope))

    def has(self, job: str, order: str) -> bool:
        """Say whether the result is here still, sent or not."""
        return any((folder / _file(job, order)).exists() for folder in (self._spool, self._sent))

    def waiting(self) -> list[Waiting]:
        """Return what is to be sent, the oldest first."""
        paths = sorted(self._spool.glob("*.json"), key=lambda path: (path.stat().st_mtime_ns, path.name))
        return [Waiting(path.name[:36], path) for path in paths]

    def sent(self, one: Waiting) -> None:
        """Take it out of what is to be sent."""
        one.path.rename(self._sent / one.path.name)
        folder_sync(self._sent)
        folder_sync(self._spool)

    def again(self, job: str, order: str) -> bool:
        """Send the same result once more; return False when it is here no longer."""
        name = _file(job, order)
        with suppress(FileNotFoundError):
            (self._sent / name).rename(self._spool / name)
        return (self._spool / name).exists()

    def prune(self) -> None:
        """Forget what was sent a week ago."""
        for path in self._sent.glob("*.json"):
            if path.stat().st_mtime < time.time() - SENT_SECONDS:
                path.unlink(missing_ok=True)


def _file(job: str, order: str) -> str:
    return f"{job}.{order[:16]}.json"
