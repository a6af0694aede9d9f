"""Runtimes as people see them."""

from datetime import datetime
from shlex import quote

from django.utils import timezone

from remediation.models import Runtime
from remediation.selectors import is_silent


def runtime_state(runtime: Runtime, at: datetime) -> str:
    """Return online, offline, never (not enrolled yet), lapsed (too late to enrol) or revoked."""
    if runtime.status == Runtime.Status.REVOKED:
        return "revoked"
    if runtime.status == Runtime.Status.PENDING:
        return "never" if runtime.enrol_expires_at > at else "lapsed"
    return "offline" if is_silent(runtime, at) else "online"


def runtimes_offline(at: datetime | None = None) -> int:
    """Return how many enrolled runtimes are silent."""
    moment = at or timezone.now()
    return sum(is_silent(one, moment) for one in Runtime.objects.filter(status=Runtime.Status.ACTIVE))


def command_of(runtime: Runtime, token: str, address: str) -> str:
    """Return the command that enrols ``runtime``, to be run on its machine."""
    words = [
        *("ops-runtime", "configure"),
        *("--institution-id", str(runtime.institution_id)),
        *("--engine-base-url", address),
        *("--actor-token", token),
        *("--name", runtime.name),
    ]
    return f'{" ".join(quote(word) for word in words)} --root-dir "$HOME/Documents"'
