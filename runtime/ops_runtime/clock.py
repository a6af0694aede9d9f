"""The time, and which of two clocks an order is judged by."""

import time
from datetime import UTC, datetime

SKEW_SECONDS = 60
"""How far this clock and the portal's may be apart; beyond it the portal does not take our signatures either."""


def now() -> int:
    """Return the seconds since 1970."""
    return int(time.time())


def judged(local: int, offset: int) -> int:
    """Return the time that an order is judged by: the later of both clocks, the portal's by at most SKEW_SECONDS.

    So an order never lives longer than by either clock, an order that the portal's clock has begun is not early, and
    a portal that lies about the time gains a minute.
    """
    return local + min(max(offset, 0), SKEW_SECONDS)


def text(at: int) -> str:
    """Return a time for people."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
