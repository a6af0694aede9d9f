"""The words every probe speaks: what to look at, with what knowledge, and what was seen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Literal, Protocol

from opsportal.core.secret import revealed
from scenarios.egress import CONFIGURED, EgressPolicy
from scenarios.models import ProbeState
from scenarios.net import Net

JsonSchema = Mapping[str, Any]


class Reason(StrEnum):
    """Why a look has its state. The state drives findings; the reason tells people where to begin."""

    OK = "ok"
    CONDITION_FAILED = "condition_failed"  # it answered, and not as it should
    BAD_STATUS = "bad_status"  # an HTTP status that nobody asked for
    BAD_ANSWER = "bad_answer"  # something answered, but not in the protocol
    PROXY_ERROR = "proxy_error"  # the proxy answers, what stands behind it does not
    REFUSED = "refused"  # nobody listens there
    TIMEOUT = "timeout"
    CLOSED = "closed"  # accepted, then hung up
    UNREACHABLE = "unreachable"  # the network has no way to it
    DNS_FAILED = "dns_failed"
    TLS_FAILED = "tls_failed"
    CERT_EXPIRED = "cert_expired"  # or not valid yet
    CERT_UNTRUSTED = "cert_untrusted"  # no chain to an authority we trust
    CERT_NAME = "cert_name"  # made out to another name
    MISSING = "missing"  # a file, process or row that should exist does not
    # What follows is ours rather than the target's, so the state is unknown.
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    THROTTLED = "throttled"
    MISCONFIGURED = "misconfigured"
    ADDRESS_FORBIDDEN = "address_forbidden"
    PERMISSION = "permission"
    TOO_LARGE = "too_large"
    NO_DATA = "no_data"
    DEADLINE = "deadline"
    OVERLOADED = "overloaded"
    PROBE_ERROR = "probe_error"
    # Said by the tick, never by a probe.
    PARENT_DOWN = "parent_down"
    NOT_CONFIGURED = "not_configured"


@dataclass(frozen=True, slots=True)
class Condition:
    """``measure op value`` must hold; ``otherwise`` is the state when it does not."""

    measure: str
    op: str
    value: Any
    otherwise: ProbeState = ProbeState.DOWN


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """One thing to look at. Keep the object from tick to tick: its probe prepares it once."""

    name: str
    kind: str
    params: Mapping[str, Any] = field(repr=False)  # may hold Secrets; use ``opened``
    conditions: tuple[Condition, ...] = ()
    timeout_seconds: float = 10.0
    severity: str | None = None
    prepared: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def opened(self) -> Mapping[str, Any]:
        """The params with their secrets in the clear: only for sending them."""
        if "opened" not in self.prepared:
            self.prepared["opened"] = revealed(self.params)
        opened: Mapping[str, Any] = self.prepared["opened"]
        return opened


@dataclass(frozen=True, slots=True)
class Look:
    """What one look saw. ``measured`` and ``expected`` are small JSON objects fit to show to people."""

    state: ProbeState
    reason: str
    measured: Mapping[str, Any] = field(default_factory=dict)
    expected: Mapping[str, Any] = field(default_factory=dict)
    duration_ms: int = 0


@dataclass(frozen=True, slots=True)
class ProbeContext:
    """All that a probe may know beyond its own check. Probes never ask our database themselves."""

    now: datetime
    heartbeats: Mapping[str, datetime | None] = field(default_factory=dict)  # name -> last ping
    heartbeats_since: Mapping[str, datetime] = field(default_factory=dict)  # name -> when its URL was made
    facts: Mapping[str, Any] = field(default_factory=dict)  # the portal's own health
    databases: Mapping[str, str] = field(default_factory=dict, repr=False)  # name -> DSN, may hold a password
    egress: EgressPolicy = CONFIGURED
    net: Net = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "net", Net(self.egress))


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that conditions can refer to. A name that ends in ``:`` takes an argument, as ``header:Server``."""

    name: str
    type: Literal["number", "text", "boolean", "any"]
    help: str


class Probe(Protocol):
    """A kind of look. One module of this package per kind: a subclass, and at the end ``PROBE = TheProbe()``."""

    kind: ClassVar[str]
    SCHEMA: ClassVar[JsonSchema]  # of the check's params
    MEASURES: ClassVar[tuple[Measure, ...]]

    async def look(self, check: CheckSpec, context: ProbeContext) -> Look:
        """Look once, within ``check.timeout_seconds``, and say what was seen. No retries."""
        ...

    def param_problems(self, params: Mapping[str, Any]) -> list[str]:
        """What is wrong with ``params`` beyond the schema, in words; empty when nothing is."""
        return []

    def measure_problem(self, measure: str) -> str | None:
        """What is wrong with the argument of a measure such as ``json:$.a[``; None when nothing is."""
        return None
