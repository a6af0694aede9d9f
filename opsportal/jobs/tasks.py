"""The canary: the smallest task there is."""

import os

from opsportal.jobs.services import CODE_VARIABLE, canary_send


def canary(code: str, hops: int) -> None:
    """Prove that the cluster of the worker ``code`` moves; put it back when it is another's."""
    if os.environ.get(CODE_VARIABLE) != code and hops > 0:
        canary_send(code, hops=hops - 1)
