"""While a job runs: a thread of its own keeps the lease and sends what the job says."""

import threading
from types import TracebackType

from ops_runtime.errors import RejectedError, UnreachableError
from ops_runtime.portal import Portal

TICK_SECONDS = 0.5
PIECE_MAX = 16_000
OUTPUT_MAX = 500_000
RENEWALS = 3
"""How often a lease is lengthened while it lasts."""


class Lease:
    """A context; ``is_lost`` turns true when the portal says that the job is ours no longer."""

    def __init__(self, portal: Portal, job: str, seconds: int) -> None:
        self._portal, self._path = portal, f"jobs/{job}/"
        self._every = max(1.0, seconds / RENEWALS)
        self._lost, self._end = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._text, self._sent, self._is_deaf = "", 0, False
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    @property
    def is_lost(self) -> bool:
        """Another one may have the job by now."""
        return self._lost.is_set()

    def say(self, text: str) -> None:
        """Send a line soon; what is beyond half a megabyte is dropped."""
        with self._lock:
            if len(self._text) + len(text) <= OUTPUT_MAX:
                self._text += text

    def __enter__(self) -> "Lease":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end.set()
        self._thread.join()
        self._flush()

    def _keep(self) -> None:
        waited = 0.0
        while not self._end.wait(TICK_SECONDS):
            self._flush()
            waited += TICK_SECONDS
            if waited >= self._every and not self.is_lost:
                waited = 0.0
                self._renew()

    def _renew(self) -> None:
        try:
            self._portal.call(self._path + "renew", {})
        except RejectedError:
            self._lost.set()
        except UnreachableError:
            pass  # it is tried again while the lease lasts; losing it is the portal's to say

    def _flush(self) -> None:
        with self._lock:
            piece = self._text[self._sent : self._sent + PIECE_MAX]
        if not piece or self._is_deaf:
            return
        try:
            answer = self._portal.call(self._path + "output", {"offset": self._sent, "text": piece})
        except RejectedError:
            self._is_deaf = True
        except UnreachableError:
            pass  # the same piece again, at the next tick
        else:
            self._is_deaf = answer.get("offset") != self._sent + len(piece)
            self._sent += len(piece)
