"""How often somebody may ask: token buckets in the memory of each web process.

In memory, because a limit must not cost a write per request, and a flood must not become a flood of
writes. What is allowed is divided by the number of web processes, so together they never allow more.
"""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from time import monotonic

MICRO = 1e-6  # what is missing by rounding is not missing


@dataclass(frozen=True, slots=True)
class Rate:
    """``per_minute`` requests in the long run, ``burst`` at once."""

    per_minute: float
    burst: float

    @classmethod
    def of(cls, per_minute: int) -> "Rate":
        """Return a rate that allows ten seconds' worth at once."""
        return cls(per_minute=per_minute, burst=max(10, per_minute / 6))

    def shared_by(self, processes: int) -> "Rate":
        """Return the part of one process; at least one request at a time."""
        return Rate(per_minute=self.per_minute / processes, burst=max(1.0, self.burst / processes))


class Buckets:
    """One bucket per caller; the least recently used are forgotten (a forgotten bucket is a full one)."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._lock = Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str, rate: Rate, now: float | None = None) -> float:
        """Take one request of ``caller``; return 0.0, or the seconds to wait when there is none left."""
        at = monotonic() if now is None else now
        per_second = rate.per_minute / 60
        with self._lock:
            left, since = self._left.pop(caller, (rate.burst, at))
            left = min(rate.burst, left + max(0.0, at - since) * per_second)
            is_allowed = left >= 1 - MICRO
            self._left[caller] = (left - 1 if is_allowed else left, at)
            if len(self._left) > self._most:
                self._left.popitem(last=False)
        return 0.0 if is_allowed else (1 - left) / per_second

    def clear(self) -> None:
        """Forget everybody."""
        with self._lock:
            self._left.clear()
