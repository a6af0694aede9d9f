"""Recurring freezes, judged by the clock on the wall of their time zone.

So with a change of the clock: minutes that a spring skips are never frozen, because they never are; the hour that an
autumn repeats is frozen both times. A window over midnight belongs to the day on which it began. A window whose zone
nobody knows is always open.
"""

from datetime import UTC, datetime

from remediation.engine.parts import Window


def is_open(window: Window, at: int) -> bool:
    """Return whether ``at`` (seconds since 1970) lies in the window; its first minute does, its last limit does not."""
    if window.zone is None:
        return True
    local = datetime.fromtimestamp(at, UTC).astimezone(window.zone)
    minute, today = local.hour * 60 + local.minute, local.weekday()
    if window.from_minute < window.until_minute:
        return today in window.days and window.from_minute <= minute < window.until_minute
    began_today = today in window.days and minute >= window.from_minute
    return began_today or ((today - 1) % 7 in window.days and minute < window.until_minute)
