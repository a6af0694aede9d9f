"""The web server process: uvicorn on a socket that the supervisor opened.

The supervisor keeps the socket, so a restart of the server refuses no connection: they wait.
"""

import argparse
import os
import socket
import sys

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from opsportal.core.env import env_list
from opsportal.portal.lifeline import lifeline_watch

GRACE_SECONDS = 8.0


def config_build(*, workers: int) -> uvicorn.Config:
    """Return how to serve: no compression of sockets, a bounded stop, proxies believed only where named."""
    proxies = env_list("OPSPORTAL_PROXY_ADDRESSES")
    return uvicorn.Config(
        "opsportal.asgi:application",
        workers=workers,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=4096,  # clients have nothing to say
        ws_ping_interval=20,
        ws_ping_timeout=20,
        lifespan="on",
        timeout_graceful_shutdown=5,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        server_header=False,
        log_level="warning",  # a line for every socket that opens is too much
        access_log=False,  # the request middleware writes one structured line each
        log_config=None,
    )


def web_run(*, descriptor: int, workers: int) -> None:
    """Serve on the listening socket ``descriptor`` until SIGTERM; exit with a status if the start fails."""
    listener = socket.socket(fileno=descriptor)
    config = config_build(workers=workers)
    if workers == 1:
        server = uvicorn.Server(config)
        server.run(sockets=[listener])
        if not server.started:
            sys.exit(STARTUP_FAILURE)
    else:
        Multiprocess(config, sockets=[listener]).run()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=web_run.__doc__)
    parser.add_argument("--descriptor", type=int, required=True)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    os.environ["OPSPORTAL_WEB_PROCESSES"] = str(options.workers)  # they share the limits of the API
    lifeline_watch(grace_seconds=GRACE_SECONDS)
    web_run(descriptor=options.descriptor, workers=options.workers)


if __name__ == "__main__":
    main()
