"""An order, and the checks it has to stand before anything of it is done. The portal made the same ones; we do not ask.

Every check refuses with a code of its own. The order of the checks is from who wrote it, over whom it is for and when,
to what it wants.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from ops_runtime import dsse
from ops_runtime.canonical import canonical_text, parse_object, sha256
from ops_runtime.config import Config
from ops_runtime.errors import RefusedError
from ops_runtime.journal import Journal
from ops_runtime.operations import OPERATIONS

_ORDER_KEYS = frozenset(
    {
        *("approval", "approved_by", "bundle", "contract", "department", "expires_at", "institution", "job", "mode"),
        *(
            "nonce",
            "not_before",
            "operation",
            "params",
            "plan",
            "plan_digest",
            "proposal",
            "requested_by",
            "runtime",
            "v",
        ),
    }
)
_PLAN_KEYS = frozenset(
    {
        *("bundle", "contract", "department", "diff", "expires_at", "institution", "nonce", "operation", "params"),
        *("preconditions", "proposal", "target", "v"),
    }
)
_SAME = ("bundle", "contract", "department", "institution", "operation", "params", "proposal")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
_CONTRACT = re.compile(r"([a-z0-9_]+)@v([0-9]+)\.[0-9]+\.[0-9]+", re.ASCII)
_NONCE = re.compile(r"[0-9a-f]{16,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Plan:
    """What people agreed to."""

    diff: list[object]
    preconditions: list[object]


@dataclass(frozen=True, slots=True)
class Order:
    """An order that stood every check."""

    job: str
    digest: str
    nonce: str
    mode: str
    contract: str
    operation: str
    params: Mapping[str, object]
    plan: Plan | None
    plan_digest: str

    @property
    def is_dry_run(self) -> bool:
        """Only look, and say what would happen."""
        return self.mode == "dry_run"


@dataclass(frozen=True, slots=True)
class Claimed:
    """What an envelope says of itself before anything is checked: enough to refuse it by name, for nothing else."""

    job: str
    digest: str


def order_claimed(envelope: object) -> Claimed:
    """Return whom a refusal is about; ``job`` is empty when the envelope names no job."""
    try:
        payload = dsse.envelope_payload(envelope)
    except RefusedError:
        return Claimed("", "")
    try:
        job = parse_object(payload).get("job")
    except ValueError:
        job = None
    return Claimed(job if isinstance(job, str) and _UUID.fullmatch(job) else "", sha256(payload))


def order_verify(envelope: object, config: Config, journal: Journal, *, trusted: frozenset[str], at: int) -> Order:
    """Return the order in ``envelope``; raise RefusedError at the first check that it does not stand.

    ``trusted`` are the ids of those pinned keys that the portal has not withdrawn, ``at`` is ``clock.judged``.
    """
    keys = {kid: key for kid, key in config.keys.items() if kid in trusted}
    payload = dsse.envelope_open(envelope, dsse.ORDER_TYPE, keys)
    digest = sha256(payload)
    fields = _fields(payload)
    _addressee_require(fields, config)
    _time_require(fields, at)
    _new_require(fields, digest, journal)
    _operation_require(fields, config)
    plan = _plan(fields, journal, at)
    return Order(
        job=cast(str, fields["job"]),
        digest=digest,
        nonce=cast(str, fields["nonce"]),
        mode=cast(str, fields["mode"]),
        contract=cast(str, fields["contract"]),
        operation=cast(str, fields["operation"]),
        params=cast(Mapping[str, object], fields["params"]),
        plan=plan,
        plan_digest=cast(str, fields["plan_digest"]),
    )


def contract_of(text: object) -> tuple[str, str] | None:
    """Return name and major version of ``name@v1.2.3``; None when it is not of that form."""
    found = _CONTRACT.fullmatch(text) if isinstance(text, str) else None
    return (found[1], found[2]) if found else None


def _fields(payload: bytes) -> dict[str, object]:
    try:
        fields = parse_object(payload)
    except ValueError as error:
        raise RefusedError("ORDER_INVALID", f"The order cannot be read: {error}.") from None
    if set(fields) != _ORDER_KEYS:
        raise RefusedError("ORDER_INVALID", "The order has members too many or too few.")
    texts = ("bundle", "contract", "department", "institution", "operation", "plan", "plan_digest", "proposal")
    is_sound = (
        fields["v"] == 1
        and type(fields["v"]) is int
        and fields["mode"] in {"execute", "dry_run"}
        and all(type(fields[name]) is int for name in ("not_before", "expires_at"))
        and all(isinstance(fields[name], str) for name in texts)
        and isinstance(fields["params"], dict)
        and _matches(_UUID, fields["job"])
        and _matches(_NONCE, fields["nonce"])
    )
    if not is_sound:
        raise RefusedError("ORDER_INVALID", "A member of the order is not as it must be.")
    return fields


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _addressee_require(fields: Mapping[str, object], config: Config) -> None:
    if fields["runtime"] != config.runtime_id:
        raise RefusedError("RUNTIME_MISMATCH", "The order is for another machine.")
    if fields["institution"] != config.institution_id:
        raise RefusedError("INSTITUTION_MISMATCH", "The order is of another institution.")
    if fields["department"] != config.department:
        raise RefusedError("DEPARTMENT_MISMATCH", "The order is of another department.")
    pinned, named = contract_of(config.contract), contract_of(fields["contract"])
    if named is None or (config.contract and named != pinned):
        raise RefusedError(
            "CONTRACT_MISMATCH", "The order is by another contract than this machine was enrolled under."
        )


def _time_require(fields: Mapping[str, object], at: int) -> None:
    if at < cast(int, fields["not_before"]):
        raise RefusedError("NOT_YET_VALID", "The order is for later.")
    if at >= cast(int, fields["expires_at"]):
        raise RefusedError("EXPIRED", "The order came too late.")


def _new_require(fields: Mapping[str, object], digest: str, journal: Journal) -> None:
    trace = journal.jobs.get(str(fields["job"]))
    if trace and not (trace.is_dropped and trace.order == digest):
        raise RefusedError("REPLAYED", "This machine has had that job.")
    if not trace and fields["nonce"] in journal.nonces:
        raise RefusedError("REPLAYED", "This machine has had an order with that nonce.")


def _operation_require(fields: Mapping[str, object], config: Config) -> None:
    operation = fields["operation"]
    if operation not in OPERATIONS or operation not in config.limits.operations:
        raise RefusedError("OPERATION_NOT_ALLOWED", "This machine does not allow that operation.")


def _plan(fields: Mapping[str, object], journal: Journal, at: int) -> Plan | None:
    text, digest = cast(str, fields["plan"]), fields["plan_digest"]
    if fields["mode"] == "dry_run":
        if text or digest:
            raise RefusedError("PLAN_INVALID", "A dry-run has no plan yet.")
        return None
    if not text and not digest:
        if OPERATIONS[cast(str, fields["operation"])].needs_plan:
            raise RefusedError("PLAN_REQUIRED", "That operation is done by a sealed plan only.")
        return None
    if sha256(text.encode()) != digest:
        raise RefusedError("PLAN_DIGEST_MISMATCH", "The plan is not the one of the digest that people agreed to.")
    plan = _plan_fields(text)
    wanted, agreed = ({name: of[name] for name in _SAME} for of in (fields, plan))
    if canonical_text(wanted) != canonical_text(agreed) or plan["target"] != fields["runtime"]:
        raise RefusedError("PLAN_MISMATCH", "The order wants something else than its plan.")
    if at >= cast(int, plan["expires_at"]):
        raise RefusedError("EXPIRED", "The plan came too late.")
    if journal.plans.get(str(digest), fields["job"]) != fields["job"]:
        raise RefusedError("REPLAYED", "That plan was carried out once already.")
    return Plan(cast(list[object], plan["diff"]), cast(list[object], plan["preconditions"]))


def _plan_fields(text: str) -> dict[str, object]:
    try:
        plan = parse_object(text)
        is_canonical = canonical_text(plan) == text
    except ValueError as error:
        raise RefusedError("PLAN_INVALID", f"The plan cannot be read: {error}.") from None
    if not is_canonical or set(plan) != _PLAN_KEYS:
        raise RefusedError("PLAN_INVALID", "The plan is not in its one form.")
    is_sound = (
        plan["v"] == 1
        and type(plan["v"]) is int
        and type(plan["expires_at"]) is int
        and isinstance(plan["diff"], list)
        and isinstance(plan["preconditions"], list)
    )
    if not is_sound:
        raise RefusedError("PLAN_INVALID", "A member of the plan is not as it must be.")
    return plan
