"""Blocking calls that may never come back: a stat on a dead network disk, a resolver that hangs."""

import asyncio
import threading
from collections.abc import Callable, Hashable
from functools import partial
from typing import TypeVar

T = TypeVar("T")

_busy: set[Hashable] = set()
_lock = threading.Lock()


class BusyError(Exception):
    """The last call for this key has not come back yet; another would only hang beside it."""


async def in_thread(key: Hashable, work: Callable[[], T]) -> T:
    """Run ``work`` in a thread of its own and return or raise what it does.

    Not ``asyncio.to_thread``: the event loop waits for the threads of its pool when it closes, so one call that hangs
    would hang the tick, and a few would use up the pool. Here an abandoned thread is a daemon that nobody waits for,
    and ``key`` (what is asked, such as ``("disk", "/mnt/nas")``) is not asked again while an old call for it hangs.
    Raises BusyError then.
    """
    with _lock:
        if key in _busy:
            raise BusyError(f"an earlier call for {key} still hangs")
        _busy.add(key)
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()
    caller = threading.Thread(target=_call, args=(key, work, loop, answer), daemon=True, name=f"look-{key}")
    try:
        caller.start()
    except RuntimeError:
        _free(key)
        raise
    return await answer


def _call(key: Hashable, work: Callable[[], T], loop: asyncio.AbstractEventLoop, answer: "asyncio.Future[T]") -> None:
    settle: Callable[[], None]
    try:
        settle = partial(answer.set_result, work())
    except BaseException as error:  # noqa: BLE001  handed to the waiting coroutine, whatever it is
        settle = partial(answer.set_exception, error)
    _free(key)
    try:
        loop.call_soon_threadsafe(_settle, answer, settle)
    except RuntimeError:  # the loop closed meanwhile: nobody waits any more
        return


def _free(key: Hashable) -> None:
    with _lock:
        _busy.discard(key)


def _settle(answer: "asyncio.Future[T]", settle: Callable[[], None]) -> None:
    if not answer.done():
        settle()
