"""Database work of the sockets, off the event loop."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from channels.db import database_sync_to_async

R = TypeVar("R")
# Sockets ask little and seldom; they must not queue behind each other in the one thread that is shared by default.
_threads = ThreadPoolExecutor(2, thread_name_prefix="live")


async def in_thread(query: Callable[..., R], *arguments: Any) -> R:
    """Run a database query in one of the sockets' own threads."""
    answer: R = await database_sync_to_async(query, thread_sensitive=False, executor=_threads)(*arguments)
    return answer
