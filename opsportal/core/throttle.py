"""How often somebody may fail at a door. Counted in the cache that all processes share, per minute."""

from django.core.cache import cache
from django.utils import timezone

from opsportal.core.errors import ThrottledError

WINDOW_SECONDS = 60


def failures_check(door: str, who: str, *, most: int) -> None:
    """Raise ThrottledError when ``who`` has failed ``most`` times at ``door`` within this minute."""
    if cache.get(_key(door, who), 0) >= most:
        wait = WINDOW_SECONDS - int(timezone.now().timestamp()) % WINDOW_SECONDS
        raise ThrottledError("Too many failed attempts from your address.", retry_after_seconds=wait)


def failure_note(door: str, who: str) -> None:
    """Count one failure of ``who`` at ``door``."""
    key = _key(door, who)
    cache.set(key, cache.get(key, 0) + 1, timeout=2 * WINDOW_SECONDS)


def _key(door: str, who: str) -> str:
    minute = int(timezone.now().timestamp()) // WINDOW_SECONDS
    return f"throttle:{door}:{who}:{minute}"
