"""What a bundle says about an operation, prepared for the gates: everything is found without searching."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from opsportal.core.canonical import Json
from remediation.engine.expressions import Expression


@dataclass(frozen=True, slots=True)
class Param:
    """A declared parameter; ``pattern`` is the compiled RE2 of ``matches``."""

    name: str
    type: str
    is_list: bool
    is_required: bool
    default: Json
    min: int | None
    max: int | None
    max_length: int | None
    values: tuple[Json, ...]
    matches: str
    pattern: Any  # google-re2 has no types


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a policy or a limit of a mandate; ``find`` reads its field from a snapshot."""

    type: str
    field: str
    value: Json
    message: str
    find: Callable[[Any], Json]


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules that all must hold."""

    id: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """A recurring freeze; ``zone`` is None when nobody knows it, and then the window never closes."""

    id: str
    days: frozenset[int]
    from_minute: int
    until_minute: int
    zone: ZoneInfo | None
    message: str


@dataclass(frozen=True, slots=True)
class Budget:
    """At most ``limit`` jobs in ``seconds``, none after ``breaker_failures`` failures."""

    id: str
    limit: int
    seconds: int
    breaker_failures: int | None


@dataclass(frozen=True, slots=True)
class Mandate:
    """Who may have this done, from when until when, within which limits."""

    id: str
    roles: frozenset[str]
    valid_from: int | None
    valid_until: int | None
    limits: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Autonomy:
    """The level that a department must have reached before an agent may act."""

    id: str
    required_level: int


@dataclass(frozen=True, slots=True)
class Stage:
    """``quorum`` different people, each with one of ``roles``."""

    id: str
    roles: tuple[str, ...]
    quorum: int


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """Stages that open one after the other; all votes must be in before ``expires_seconds`` have passed."""

    id: str
    stages: tuple[Stage, ...]
    expires_seconds: int
    needs_reason: bool
    sod: str


@dataclass(frozen=True, slots=True)
class Emergency:
    """Who may go without an approval, to be reviewed afterwards."""

    id: str
    roles: frozenset[str]
    review_seconds: int


@dataclass(frozen=True, slots=True)
class Invariant:
    """What must be true whenever ``when`` is."""

    id: str
    when: Expression
    holds: Expression
    severity: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A declared operation and all that governs it. The defaults are those of an operation that nobody declared."""

    name: str
    is_declared: bool = True
    endpoint: str = ""
    permission: str = ""
    kind: str = ""
    risk: str = "R3"
    dry_run: str = "required"
    is_reversible: bool = False
    idempotency: str = "required"
    needs_reason: bool = True
    scope: str = "own"
    title: str = ""
    params: Mapping[str, Param] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    policies: tuple[Policy, ...] = ()
    windows: tuple[Window, ...] = ()
    budgets: tuple[Budget, ...] = ()
    mandates: tuple[Mandate, ...] = ()
    autonomy: Autonomy | None = None
    approval: ApprovalRule | None = None
    emergencies: Mapping[str, Emergency] = field(default_factory=dict)
    invariants: tuple[Invariant, ...] = ()


UNDECLARED = Operation(name="", is_declared=False)
