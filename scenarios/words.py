"""The words of watching, in the language of the reader."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from scenarios.probes.base import Reason

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

_REASONS: "dict[str, _StrPromise]" = {
    Reason.OK: _("as expected"),
    Reason.CONDITION_FAILED: _("not as expected"),
    Reason.BAD_STATUS: _("unexpected status"),
    Reason.BAD_ANSWER: _("answer is not in the protocol"),
    Reason.PROXY_ERROR: _("the proxy answers, what is behind it does not"),
    Reason.REFUSED: _("connection refused"),
    Reason.TIMEOUT: _("no answer in time"),
    Reason.CLOSED: _("connection closed without an answer"),
    Reason.UNREACHABLE: _("network unreachable"),
    Reason.DNS_FAILED: _("name does not resolve"),
    Reason.TLS_FAILED: _("TLS failed"),
    Reason.MISSING: _("not there"),
    Reason.UNAUTHORIZED: _("our credentials are refused"),
    Reason.FORBIDDEN: _("our credentials may not look"),
    Reason.THROTTLED: _("we are being throttled"),
    Reason.MISCONFIGURED: _("the check is misconfigured"),
    Reason.ADDRESS_FORBIDDEN: _("address is forbidden to probes"),
    Reason.PERMISSION: _("the portal may not read it"),
    Reason.TOO_LARGE: _("answer is too large"),
    Reason.NO_DATA: _("no data"),
    Reason.DEADLINE: _("the round ended before the look"),
    Reason.OVERLOADED: _("this machine is overloaded"),
    Reason.PROBE_ERROR: _("the probe failed"),
    Reason.PARENT_DOWN: _("cannot be seen"),
    Reason.NOT_CONFIGURED: _("settings are missing"),
}


def reason_word(reason: str) -> str:
    """Return what a reason means; a word that nobody described is shown as it is."""
    return str(_REASONS.get(reason) or reason.replace("_", " "))


def interval_word(seconds: int) -> str:
    """Return a span of time as people say it, in its largest whole unit: ``5 min``, ``90 s``."""
    if seconds % 86_400 == 0:
        days = seconds // 86_400
        return ngettext("%(days)s day", "%(days)s days", days) % {"days": days}
    if seconds % 3600 == 0:
        return f"{seconds // 3600} h"
    return f"{seconds // 60} min" if seconds % 60 == 0 else f"{seconds} s"
