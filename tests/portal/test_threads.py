"""Threads that answer for the event loop."""

import asyncio
import gc
import threading
import weakref
from collections.abc import Iterator

import pytest

from opsportal.portal.threads import Threads


@pytest.fixture
def threads() -> Iterator[Threads]:
    made = Threads(2, name="test")
    yield made
    made.close()


async def test_what_a_thread_returns_and_raises_comes_back(threads: Threads) -> None:
    assert await threads.run(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await threads.run(divmod, 7, 0)
    assert (await threads.run(threading.current_thread)).name.startswith("test-")


async def test_no_more_run_than_there_are_threads(threads: Threads) -> None:
    running, most = 0, 0
    lock, gate = threading.Lock(), threading.Event()

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        gate.wait(5)
        with lock:
            running -= 1

    jobs = [asyncio.ensure_future(threads.run(work)) for _ in range(5)]
    await asyncio.sleep(0.1)
    assert running == 2
    gate.set()
    await asyncio.gather(*jobs)
    assert most == 2


async def test_an_answer_that_nobody_waits_for_is_dropped(threads: Threads) -> None:
    gate = threading.Event()
    job = asyncio.ensure_future(threads.run(gate.wait, 5))
    await asyncio.sleep(0.05)
    job.cancel()
    gate.set()
    assert await threads.run(divmod, 7, 2) == (3, 1)
    assert job.cancelled()


async def test_an_idle_thread_keeps_nothing_alive(threads: Threads) -> None:
    class Thing:
        pass

    thing = Thing()
    seen = weakref.ref(thing)
    await threads.run(id, thing)
    del thing
    await asyncio.sleep(0.05)
    gc.collect()
    assert seen() is None
