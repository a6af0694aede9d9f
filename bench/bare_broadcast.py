"""The floor of fan-out: the `websockets` library alone, writing one text to every socket.

Whatever a client that asks for ``/say`` sends is broadcast to all others.
"""

import argparse
import asyncio
import signal
import socket

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve


async def run(descriptor: int) -> None:
    """Serve until SIGTERM."""
    connected: set[ServerConnection] = set()

    async def talk(connection: ServerConnection) -> None:
        if connection.request is not None and connection.request.path == "/say":
            async for message in connection:
                broadcast(connected, message)
            return
        connected.add(connection)
        try:
            await connection.wait_closed()
        finally:
            connected.discard(connection)

    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with serve(talk, sock=socket.socket(fileno=descriptor), compression=None):
        await stop.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--descriptor", type=int, required=True)
    uvloop.run(run(parser.parse_args().descriptor))
