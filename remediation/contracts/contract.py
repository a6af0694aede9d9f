"""A contract as it was read: what each section says, with the places of the names that it uses."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from opsportal.core.canonical import Json
from remediation.contracts.diagnostics import Place
from remediation.contracts.syntax import Text, Value, Word

Words: TypeAlias = tuple[Word, ...]
STEP = "APPROVAL:"


@dataclass(frozen=True, slots=True)
class System:
    """Whose contract this is; ``domain`` is the department."""

    id: Word
    name: Text
    description: Text
    version: Text
    domain: Word
    owner: Text
    contact: Text
    tenancy: str


@dataclass(frozen=True, slots=True)
class Actor:
    """A role: what it is and may."""

    id: Word
    kind: str  # human, system, external
    name: str
    description: str
    authentication: str
    permissions: Words


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an entity or of the policy context; ``min`` and ``max`` bound an int or the items of a list."""

    name: Word
    type: str
    is_list: bool
    is_required: bool
    is_unique: bool
    is_indexed: bool
    default: Json
    min: int | None
    max: int | None
    max_length: int | None
    values: tuple[Json, ...]
    matches: str


@dataclass(frozen=True, slots=True)
class Entity:
    """What a request or a result carries."""

    id: Word
    tenant_field: str
    version_field: str
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field | None:
        """Return the field of this name."""
        return next((field for field in self.fields if field.name.text == name), None)


@dataclass(frozen=True, slots=True)
class Invariant:
    """What must be true of a request; ``applies_to`` is an operation or the entity of its request."""

    id: Word
    applies_to: Word
    when: Value
    assertion: Value
    severity: str
    message: str


@dataclass(frozen=True, slots=True)
class Stage:
    """Some people who decide together."""

    id: Word
    roles: Words
    quorum: int
    place: Place


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """Who must agree before operations are done."""

    id: Word
    operations: Words
    trigger: Text | None  # the old way to name the operation: by its endpoint
    stages: tuple[Stage, ...]
    expires_seconds: int
    reason: str
    quorum_exception: str


@dataclass(frozen=True, slots=True)
class Duty:
    """Separation of duties: by the step it holds at, or (old form) by the entity."""

    id: Word
    step: Text | None
    entity: Word | None


@dataclass(frozen=True, slots=True)
class State:
    """A state of a workflow."""

    id: Word
    is_initial: bool
    is_terminal: bool


@dataclass(frozen=True, slots=True)
class Transition:
    """A move of a workflow, with who must agree to it and what it sets."""

    id: Word
    source: Word
    target: Word
    guard: Value | None
    quorum: int
    roles: Words
    distinct_actors: bool
    expires_seconds: int
    effects: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Workflow:
    """The states of an entity."""

    id: Word
    entity: Word
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit of a policy or a mandate."""

    field: Word
    type: str
    value: Json
    message: str


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits of the parameters of operations."""

    id: Word
    operations: Words
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Mandate:
    """Which roles may have operations done, from when until when (seconds since 1970), within which limits."""

    id: Word
    operations: Words
    roles: Words
    valid_from: int | None
    valid_until: int | None
    limits: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class AutonomyRule:
    """The level from which on an agent does operations by itself."""

    id: Word
    operations: Words
    required_level: int


@dataclass(frozen=True, slots=True)
class Window:
    """When operations are frozen; minutes of the day, over midnight when ``until`` is not after ``since``."""

    id: Word
    operations: Words
    days: tuple[str, ...]
    since: int
    until: int
    timezone: str
    message: str


@dataclass(frozen=True, slots=True)
class Budget:
    """How often operations may be done in how many seconds, and after how many failures they stop."""

    id: Word
    operations: Words
    limit: int
    seconds: int
    breaker: int | None


@dataclass(frozen=True, slots=True)
class EmergencyClause:
    """Who may do operations at once in an emergency, and when that must be reviewed."""

    id: Word
    operations: Words
    roles: Words
    review_seconds: int


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An operation."""

    name: Word
    title: str
    description: str
    method: str
    path: Text
    request: Word | None
    response: Word | None
    permission: Word
    scope: str
    idempotency: str
    errors: tuple[str, ...]
    kind: str
    risk: str
    dry_run: str
    is_reversible: bool
    reason: str
    place: Place

    @property
    def signature(self) -> str:
        """The endpoint as it is called: ``POST /path/{param}``."""
        return f"{self.method} {self.path.text}"


Covering: TypeAlias = ApprovalRule | Policy | Mandate | AutonomyRule | Window | Budget | EmergencyClause
Deciding: TypeAlias = Stage | EmergencyClause | Transition


@dataclass(frozen=True, kw_only=True)
class Contract:
    """A whole contract. It was read, not yet checked: its names may lead nowhere. Of two with one name the first counts."""

    system: System
    actors: tuple[Actor, ...]
    entities: tuple[Entity, ...]
    policy_context: tuple[Field, ...]
    invariants: tuple[Invariant, ...]
    approval_rules: tuple[ApprovalRule, ...]
    duties: tuple[Duty, ...]
    workflows: tuple[Workflow, ...]
    policies: tuple[Policy, ...]
    mandates: tuple[Mandate, ...]
    current_level: int
    autonomy: tuple[AutonomyRule, ...]
    windows: tuple[Window, ...]
    budgets: tuple[Budget, ...]
    emergencies: tuple[EmergencyClause, ...]
    endpoints: tuple[Endpoint, ...]

    def entity(self, name: Word | None) -> Entity | None:
        """Return the entity of this name."""
        return self._entities.get(name.text) if name else None

    def endpoint(self, name: str) -> Endpoint | None:
        """Return the operation of this name."""
        return self._endpoints.get(name)

    @cached_property
    def _entities(self) -> dict[str, Entity]:
        return {entity.id.text: entity for entity in reversed(self.entities)}

    @cached_property
    def _endpoints(self) -> dict[str, Endpoint]:
        return {endpoint.name.text: endpoint for endpoint in reversed(self.endpoints)}

    @cached_property
    def by_signature(self) -> dict[str, Endpoint]:
        """The operations by their endpoint, such as ``POST /path``."""
        return {endpoint.signature: endpoint for endpoint in reversed(self.endpoints)}

    @cached_property
    def approvals_of(self) -> Mapping[str, list[ApprovalRule]]:
        """The approval rules of each operation that has any."""
        found: dict[str, list[ApprovalRule]] = {}
        for rule in self.approval_rules:
            for name in self.operations_of(rule):
                found.setdefault(name, []).append(rule)
        return found

    @cached_property
    def holders_of(self) -> Mapping[str, set[str]]:
        """The roles that hold each permission."""
        return _gathered((word.text, actor.id.text) for actor in self.actors for word in actor.permissions)

    @cached_property
    def mandated(self) -> Mapping[str, set[str]]:
        """The roles that some mandate names for each operation."""
        return _gathered(
            (word.text, role.text) for mandate in self.mandates for word in mandate.operations for role in mandate.roles
        )

    @property
    def covering(self) -> tuple[Covering, ...]:
        """Everything that names operations."""
        rules: tuple[Covering, ...] = (*self.approval_rules, *self.policies, *self.mandates, *self.autonomy)
        return (*rules, *self.windows, *self.budgets, *self.emergencies)

    @property
    def deciding(self) -> tuple[Deciding, ...]:
        """Everything that names the roles of people who decide."""
        stages = (stage for rule in self.approval_rules for stage in rule.stages)
        moves = (move for workflow in self.workflows for move in workflow.transitions)
        return (*stages, *moves, *self.emergencies)

    def operations_of(self, rule: ApprovalRule) -> tuple[str, ...]:
        """Return the names of the operations that an approval rule covers."""
        triggered = self.by_signature.get(rule.trigger.text) if rule.trigger else None
        names = [word.text for word in rule.operations]
        return tuple(dict.fromkeys([*names, triggered.name.text] if triggered else names))

    def rules_of(self, duty: Duty) -> tuple[str, ...]:
        """Return the names of the approval rules at which a duty is separated."""
        if duty.step or not duty.entity:
            return (duty.step.text.removeprefix(STEP),) if duty.step else ()
        carrying = (end for end in self.endpoints if end.request and end.request.text == duty.entity.text)
        found = (rule.id.text for end in carrying for rule in self.approvals_of.get(end.name.text, ()))
        return tuple(dict.fromkeys(found))

    def targets_of(self, invariant: Invariant) -> tuple[Endpoint, ...]:
        """Return the operations that an invariant applies to, by their own name or their request's."""
        name = invariant.applies_to.text
        return tuple(end for end in self.endpoints if name in {end.name.text, end.request.text if end.request else ""})


def _gathered(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for key, value in pairs:
        found.setdefault(key, set()).add(value)
    return found
