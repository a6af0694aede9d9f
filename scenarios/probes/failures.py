"""What a failure to look means: is the target down, or could we not see?

Down is said only when the target itself, asked in the way its users ask it, did not serve: nobody listens, it hung up,
it did not answer in time, its certificate does not convince, its name is gone (NXDOMAIN and "no addresses" are answers
of the name's own servers; users cannot reach it either), its host does not answer on the last hop (EHOSTUNREACH).

Unknown is whatever is ours: the guard forbids the address, our resolver could not say (SERVFAIL, timeout), this
machine has no route at all (ENETUNREACH), lacks rights, descriptors, ports or memory, or was itself too slow for the
timeout to mean anything. Unknown never alarms as down and never passes as ok.
"""

import errno
import ssl
from time import monotonic
from typing import Any

from scenarios.egress import EgressError
from scenarios.models import ProbeState
from scenarios.net import ResolveError
from scenarios.probes.base import CheckSpec, Look, Reason
from scenarios.probes.conditions import rules_of, shown
from scenarios.threads import BusyError

OURS = {
    errno.ENETUNREACH: Reason.UNREACHABLE,
    errno.ENETDOWN: Reason.UNREACHABLE,
    errno.EACCES: Reason.PERMISSION,
    errno.EPERM: Reason.PERMISSION,
    errno.EMFILE: Reason.OVERLOADED,
    errno.ENFILE: Reason.OVERLOADED,
    errno.ENOBUFS: Reason.OVERLOADED,
    errno.ENOMEM: Reason.OVERLOADED,
    errno.EADDRNOTAVAIL: Reason.OVERLOADED,
}
THEIRS = {
    errno.ECONNREFUSED: Reason.REFUSED,
    errno.ECONNRESET: Reason.CLOSED,
    errno.ECONNABORTED: Reason.CLOSED,
    errno.EPIPE: Reason.CLOSED,
    errno.ETIMEDOUT: Reason.TIMEOUT,
    errno.EHOSTUNREACH: Reason.UNREACHABLE,
    errno.EHOSTDOWN: Reason.UNREACHABLE,
}
# OpenSSL's X509_V_ERR_…: not yet valid, expired, hostname mismatch, IP address mismatch
CERTIFICATE = {9: Reason.CERT_EXPIRED, 10: Reason.CERT_EXPIRED, 62: Reason.CERT_NAME, 64: Reason.CERT_NAME}
BY_KIND: tuple[tuple[type[Exception], tuple[ProbeState, Reason]], ...] = (
    (EgressError, (ProbeState.UNKNOWN, Reason.ADDRESS_FORBIDDEN)),
    (BusyError, (ProbeState.UNKNOWN, Reason.TIMEOUT)),
    (ssl.SSLError, (ProbeState.DOWN, Reason.TLS_FAILED)),
    (TimeoutError, (ProbeState.DOWN, Reason.TIMEOUT)),
    (ConnectionError, (ProbeState.DOWN, Reason.CLOSED)),
)
# A timer that fires this much late says that this process was starved, not that the target was slow.
LATE_SHARE, LATE_SECONDS = 0.25, 0.5


def failure_of(error: Exception) -> tuple[ProbeState, Reason] | None:
    """The state and reason of a failed look at something across the network; None when the error is a bug of ours."""
    if isinstance(error, ResolveError):
        return ProbeState.DOWN if error.is_answer else ProbeState.UNKNOWN, Reason.DNS_FAILED
    if isinstance(error, ssl.SSLCertVerificationError):
        return ProbeState.DOWN, CERTIFICATE.get(error.verify_code, Reason.CERT_UNTRUSTED)
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
        if error.errno in OURS:
            return ProbeState.UNKNOWN, OURS[error.errno]
        if error.errno in THEIRS:
            return ProbeState.DOWN, THEIRS[error.errno]
    return next((verdict for kind, verdict in BY_KIND if isinstance(error, kind)), None)


def look_failed(check: CheckSpec, error: Exception, started: float, **measured: Any) -> Look:
    """The look that ended in ``error``. ``started`` is ``time.monotonic()``. Raises ``error`` if it is a bug of ours."""
    verdict = failure_of(error)
    if verdict is None:
        raise error
    elapsed = monotonic() - started
    state, reason = verdict
    if reason is Reason.TIMEOUT and elapsed > check.timeout_seconds * (1 + LATE_SHARE) + LATE_SECONDS:
        state, reason = ProbeState.UNKNOWN, Reason.OVERLOADED
    text = shown(str(error) or reason.value, rules_of(check).secrets)
    return Look(state, reason, {"error": text, **measured}, _expected(check), round(elapsed * 1000))


def _expected(check: CheckSpec) -> dict[str, Any]:
    return {} if check.conditions else {"answer": f"within {check.timeout_seconds:g} s"}
