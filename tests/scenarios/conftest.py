"""What the tests of this app share."""

import asyncio
from collections.abc import Callable, Mapping

import uvloop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run in the loop that looks run in."""
    return {"uvloop": uvloop.new_event_loop}
