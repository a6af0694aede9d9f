"""Blocking calls that may never come back: a stat on a dead network disk, a resolver that hangs."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Hashable
from functools import partial
from typing import Generic, TypeVar

T = TypeVar("T")

_hanging: Counter[Hashable] = Counter()
_lock = threading.Lock()


class BusyError(Exception):
    """An earlier call for this key was given up and still hangs; another would only hang beside it."""


async def in_thread(key: Hashable, work: Callable[[], T]) -> T:
    """Run ``work`` in a thread of its own and return or raise what it does.

    Not ``asyncio.to_thread``: the event loop waits for the threads of its pool when it closes, so one call that hangs
    would hang the tick, and a few would use up the pool. Here an abandoned thread is a daemon that nobody waits for,
    and ``key`` (what is asked, such as ``("disk", "/mnt/nas")``) is not asked again while an abandoned call for it
    hangs. Raises BusyError then.
    """
    with _lock:
        if _hanging[key]:
            raise BusyError(f"an earlier call for {key} still hangs")
    call = _Call(key, work)
    threading.Thread(target=call.run, daemon=True, name="look").start()
    try:
        return await call.answer
    except asyncio.CancelledError:
        call.abandon()
        raise


class _Call(Generic[T]):
    """One call, on its way in another thread."""

    def __init__(self, key: Hashable, work: Callable[[], T]) -> None:
        self._key = key
        self._work = work
        self._is_over = self._is_abandoned = False
        self._loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[T] = self._loop.create_future()

    def run(self) -> None:
        """In the thread: work, and tell the loop if it still listens."""
        settle: Callable[[], None]
        try:
            settle = partial(self.answer.set_result, self._work())
        except BaseException as error:  # noqa: BLE001  handed to the waiting coroutine, whatever it is
            settle = partial(self.answer.set_exception, error)
        with _lock:
            self._is_over = True
            if self._is_abandoned:
                _hanging[self._key] -= 1
                return
        try:
            self._loop.call_soon_threadsafe(self._settle, settle)
        except RuntimeError:  # the loop closed meanwhile: nobody waits any more
            return

    def abandon(self) -> None:
        """In the loop: nobody waits for the answer any more."""
        with _lock:
            self._is_abandoned = True
            if not self._is_over:
                _hanging[self._key] += 1

    def _settle(self, settle: Callable[[], None]) -> None:
        if not self.answer.done():
            settle()
