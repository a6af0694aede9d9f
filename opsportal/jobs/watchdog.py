"""Notices that the job cluster no longer moves.

A cluster whose idle process was killed may hang for ever: the dead process held the lock of the
queue of tasks, or of the queue of results (known and open in django-q2). Only a new cluster helps.
"""

import time
from datetime import datetime


class Watchdog:
    """Measures, on the clock that nobody sets, how long the cluster has finished no task."""

    def __init__(self, *, limit_seconds: float) -> None:
        self._limit_seconds = limit_seconds
        self._worked_at: datetime | None = None
        self._seen = time.monotonic()

    def saw(self, worked_at: datetime | None) -> None:
        """Take in when the cluster last finished a task."""
        if worked_at != self._worked_at:
            self._worked_at = worked_at
            self._seen = time.monotonic()

    def excuse(self) -> None:
        """Start measuring afresh: nothing could have been seen."""
        self._seen = time.monotonic()

    @property
    def idle_seconds(self) -> float:
        """How long nothing has moved."""
        return time.monotonic() - self._seen

    @property
    def has_lost_patience(self) -> bool:
        """True when nothing has moved for longer than any task may take."""
        return self.idle_seconds > self._limit_seconds
