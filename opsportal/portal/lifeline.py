"""Ends a child process when its supervisor is gone, however it went.

The supervisor holds the writing end of a pipe and nobody else does: when it dies, even of
SIGKILL, the reading end that its children inherit reports the end of the file. Unlike
Linux's parent-death signal this works on every Unix, and it bounds the clean stop.
Standard library only: the supervisor imports it.
"""

import os
import signal
import sys
import threading
import time

VARIABLE = "OPSPORTAL_LIFELINE"


def lifeline_watch(*, grace_seconds: float) -> None:
    """Stop this process when the supervisor dies: SIGTERM at once, SIGKILL to its session after the grace.

    Does nothing in a process that no supervisor started.
    """
    descriptor = os.environ.pop(VARIABLE, "")
    if not descriptor:
        return
    watcher = threading.Thread(
        target=_wait_and_stop, args=(int(descriptor), grace_seconds), name="lifeline", daemon=True
    )
    watcher.start()


def _wait_and_stop(descriptor: int, grace_seconds: float) -> None:
    while os.read(descriptor, 1):
        pass
    sys.stderr.write("the supervisor is gone: stopping\n")
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(grace_seconds)
    os.killpg(os.getpgrp(), signal.SIGKILL)
