"""The vocabulary of the ledger: every kind of entry, and beside it what its data holds.

A new kind is one line here. A line that was ever used is never changed in meaning or removed:
old entries keep their words.
"""

from enum import StrEnum

from ledger.schema import (
    CODE,
    CONTRACT,
    COUNT,
    DIGEST,
    FLAG,
    INTEGER,
    UUID,
    Field,
    Schema,
    many,
    one_of,
    optional,
    tally,
)

SEVERITY = one_of("info", "low", "medium", "high", "critical")
STATES = ("ok", "degraded", "down", "unknown", "not_configured")
STATE = one_of(*STATES)
_NOTHING: Schema = {}
_PROBLEM: dict[str, Field] = {
    "scenario": CODE,
    "check": CODE,
    "severity": SEVERITY,
    "state": STATE,
    "fingerprint": DIGEST,
    "owner": CODE,
    "run": optional(UUID),
    "evidence": optional(DIGEST),
}
_RELEASE: Schema = {
    "release": UUID,
    "department": CODE,
    "contract": CONTRACT,
    "digest": DIGEST,
    "before": optional(DIGEST),
    "impact": optional(DIGEST),
}
_DECISION: Schema = {
    "effect": one_of("allowed", "needs_approval", "denied"),
    "code": optional(CODE),
    "gate": optional(CODE),
    "rule": optional(CODE),
    "gates": many(CODE),
    "snapshot": DIGEST,
}
_REFUSAL: Schema = {"code": CODE, "gate": CODE, "rule": optional(CODE)}
_ORDER: Schema = {"runtime": UUID, "mode": one_of("execute", "dry_run"), "order": DIGEST, "plan": optional(DIGEST)}


class Kind(StrEnum):
    """What an entry can say. The value is the word in the entry; ``schema`` describes its data."""

    schema: Schema

    def __new__(cls, word: str, schema: Schema) -> "Kind":
        """Keep the schema beside the word."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.schema = schema
        return member

    # Institutions and people
    INSTITUTION_CREATED = "INSTITUTION_CREATED", {"is_system": FLAG}
    INSTITUTION_REOPENED = "INSTITUTION_REOPENED", _NOTHING
    DEPT_ACTIVATED = "DEPT_ACTIVATED", {"department": CODE, "is_active": FLAG}
    MEMBER_ADDED = "MEMBER_ADDED", {"member": UUID, "user": UUID, "after": many(CODE)}
    MEMBER_CHANGED = "MEMBER_CHANGED", {"member": UUID, "user": UUID, "before": many(CODE), "after": many(CODE)}
    MEMBER_REMOVED = "MEMBER_REMOVED", {"member": UUID, "user": UUID, "before": many(CODE)}
    ACTOR_TOKEN_CREATED = "ACTOR_TOKEN_CREATED", {"token": UUID, "member": UUID, "key_id": CODE, "days": COUNT}
    ACTOR_TOKEN_REVOKED = "ACTOR_TOKEN_REVOKED", {"token": UUID, "member": UUID, "key_id": CODE}
    USER_CREATED = "USER_CREATED", {"is_superuser": FLAG}
    USER_CHANGED = "USER_CHANGED", {"is_active": FLAG}
    PASSWORD_ISSUED = "PASSWORD_ISSUED", _NOTHING
    PASSWORD_CHANGED = "PASSWORD_CHANGED", _NOTHING
    LOGIN_SUCCEEDED = "LOGIN_SUCCEEDED", {"method": CODE}
    LOGIN_FAILED = "LOGIN_FAILED", {"reason": CODE, "user": optional(UUID)}
    RBAC_DECISION = "RBAC_DECISION", {"effect": one_of("denied"), "code": CODE, "status": COUNT}

    # Watching
    REGISTRY_LOADED = "REGISTRY_LOADED", {"digest": DIGEST, "before": optional(DIGEST), "scenarios": COUNT}
    REGISTRY_REJECTED = "REGISTRY_REJECTED", {"digest": DIGEST, "active": optional(DIGEST), "problems": COUNT}
    SCENARIO_CHANGED = "SCENARIO_CHANGED", {"scenario": CODE, "is_enabled": FLAG}
    TICK_COMPLETED = (
        "TICK_COMPLETED",
        {
            "tick": UUID,
            "fence": COUNT,
            "trigger": CODE,
            "counts": tally(*STATES),
            "registry": DIGEST,
            "runs": DIGEST,
            "duration_ms": COUNT,
            "opened": optional(COUNT),
            "resolved": optional(COUNT),
        },
    )
    TICK_CRASHED = "TICK_CRASHED", {"tick": UUID, "fence": COUNT, "reason": optional(CODE)}
    TICK_ENDED = "TICK_ENDED", {"tick": UUID, "fence": COUNT, "runs": COUNT, "failing": COUNT}
    TICK_LATE = "TICK_LATE", {"late_seconds": COUNT, "fence": optional(COUNT)}
    WORKER_RESTARTED = "WORKER_RESTARTED", {"reason": CODE, "silent_seconds": optional(COUNT)}
    RUN_COMPLETED = (
        "RUN_COMPLETED",
        {"run": UUID, "scenario": CODE, "state": STATE, "runs": DIGEST, "findings": COUNT, "duration_ms": COUNT},
    )
    HEARTBEAT_CREATED = "HEARTBEAT_CREATED", {"heartbeat": CODE}

    # Findings
    FINDING_OPENED = "FINDING_OPENED", _PROBLEM
    FINDING_ACKED = "FINDING_ACKED", {"scenario": optional(CODE), "check": optional(CODE)}
    FINDING_RESOLVED = (
        "FINDING_RESOLVED",
        {"scenario": CODE, "check": CODE, "count": COUNT, "run": optional(UUID), "evidence": optional(DIGEST)},
    )
    FINDING_REOPENED = "FINDING_REOPENED", {**_PROBLEM, "reopen_count": COUNT}
    FINDING_WORSENED = "FINDING_WORSENED", _PROBLEM
    FINDING_UNACKED = "FINDING_UNACKED", {"scenario": optional(CODE), "check": optional(CODE)}
    FINDING_CAUSED = "FINDING_CAUSED", {"scenario": CODE, "check": CODE, "cause": CODE, "run": optional(UUID)}

    # Talking
    THREAD_OPENED = "THREAD_OPENED", {"agent": CODE, "severity": SEVERITY, "about": optional(CODE)}
    MESSAGE_POSTED = (
        "MESSAGE_POSTED",
        {
            "thread": UUID,
            "sender": CODE,
            "to": optional(CODE),
            "inbox": optional(CODE),
            "severity": SEVERITY,
            "requires_human": FLAG,
        },
    )
    MESSAGE_ACKED = "MESSAGE_ACKED", {"thread": UUID, "inbox": optional(CODE)}
    MESSAGE_RESTORED = "MESSAGE_RESTORED", {"thread": UUID, "inbox": optional(CODE)}
    CHAT_ANSWERED = (
        "CHAT_ANSWERED",
        {"thread": UUID, "agent": CODE, "tier": one_of("t0", "t1"), "model": optional(CODE)},
    )

    # Governing. ``bundle`` of the entry is the contract that decided.
    BUNDLE_COMPILED = "BUNDLE_COMPILED", {"contract": CONTRACT, "digest": DIGEST, "source": DIGEST}
    BUNDLE_RELEASED = "BUNDLE_RELEASED", _RELEASE
    BUNDLE_ROLLED_BACK = "BUNDLE_ROLLED_BACK", _RELEASE
    SAFE_MODE_ENTERED = "SAFE_MODE_ENTERED", {"code": CODE, "release": optional(UUID)}
    SAFE_MODE_LEFT = "SAFE_MODE_LEFT", _NOTHING
    INSTITUTION_STOPPED = "INSTITUTION_STOPPED", {"is_stopped": FLAG}
    INSTITUTION_FROZEN = "INSTITUTION_FROZEN", {"is_frozen": FLAG}
    PROPOSAL_CREATED = (
        "PROPOSAL_CREATED",
        {
            "operation": CODE,
            "risk": CODE,
            "department": CODE,
            "params": DIGEST,
            "runtime": optional(UUID),
            "finding": optional(UUID),
        },
    )
    PROPOSAL_DECIDED = "PROPOSAL_DECIDED", _DECISION
    PROPOSAL_WITHDRAWN = "PROPOSAL_WITHDRAWN", _NOTHING
    PROPOSAL_EXPIRED = "PROPOSAL_EXPIRED", _NOTHING
    PROPOSAL_STALE = "PROPOSAL_STALE", {"code": CODE}
    # One per gate that refused, beside PROPOSAL_DECIDED: auditors filter by them.
    INSTITUTION_EMERGENCY_STOP_BLOCKED = "INSTITUTION_EMERGENCY_STOP_BLOCKED", _REFUSAL
    INSTITUTION_FREEZE_BLOCKED = "INSTITUTION_FREEZE_BLOCKED", _REFUSAL
    EGE_DRIFT_BLOCKED = "EGE_DRIFT_BLOCKED", _REFUSAL
    POLICY_PRE_DECISION = "POLICY_PRE_DECISION", _REFUSAL
    MANDATE_EVALUATED = "MANDATE_EVALUATED", _REFUSAL
    AUTONOMY_EVALUATED = "AUTONOMY_EVALUATED", _REFUSAL
    SOD_VIOLATION = "SOD_VIOLATION", _REFUSAL
    INVARIANT_VIOLATED = "INVARIANT_VIOLATED", _REFUSAL
    JOB_BLOCKED = "JOB_BLOCKED", _REFUSAL
    PLAN_SEALED = "PLAN_SEALED", {"plan": DIGEST, "changes": COUNT, "preconditions": COUNT}
    APPROVAL_REQUESTED = (
        "APPROVAL_REQUESTED",
        {"proposal": UUID, "rule": CODE, "plan": DIGEST, "approvers": many(CODE), "quorum": COUNT},
    )
    APPROVAL_VOTED = (
        "APPROVAL_VOTED",
        {"proposal": UUID, "plan": DIGEST, "stage": CODE, "verdict": one_of("approve", "reject"), "via": CODE},
    )
    APPROVAL_DECIDED = (
        "APPROVAL_DECIDED",
        {"proposal": UUID, "plan": DIGEST, "status": one_of("approved", "rejected"), "votes": COUNT},
    )
    APPROVAL_LINK_CREATED = "APPROVAL_LINK_CREATED", {"proposal": UUID, "link": UUID, "user": UUID}
    DELEGATION_CREATED = "DELEGATION_CREATED", {"role": CODE, "from": UUID, "to": UUID, "hours": COUNT}
    DELEGATION_ENDED = "DELEGATION_ENDED", _NOTHING
    EMERGENCY_USED = "EMERGENCY_USED", {"clause": CODE, "bypassed": CODE, "review_hours": COUNT}
    EMERGENCY_REVIEWED = "EMERGENCY_REVIEWED", {"verdict": one_of("justified", "unjustified")}
    APPROVAL_EXPIRED = "APPROVAL_EXPIRED", {"proposal": UUID}
    APPROVAL_CANCELED = "APPROVAL_CANCELED", {"proposal": UUID}
    JOB_REQUESTED = "JOB_REQUESTED", _ORDER
    JOB_ENQUEUED = "JOB_ENQUEUED", _ORDER
    JOB_CLAIMED = "JOB_CLAIMED", {"runtime": UUID}
    JOB_STARTED = "JOB_STARTED", {"runtime": UUID}
    JOB_RETURNED = "JOB_RETURNED", {"runtime": UUID}
    JOB_CANCELLED = "JOB_CANCELLED", {"code": CODE}
    JOB_EXPIRED = "JOB_EXPIRED", _NOTHING
    JOB_OUTCOME_UNKNOWN = "JOB_OUTCOME_UNKNOWN", {"runtime": UUID}
    RUNTIME_JOB_REPORTED = (
        "RUNTIME_JOB_REPORTED",
        {
            "runtime": UUID,
            "status": one_of("executed", "failed"),
            "code": optional(CODE),
            "exit_code": INTEGER,
            "result": DIGEST,
            "envelope": DIGEST,
            "order": DIGEST,
        },
    )
    OUTCOME_OBSERVED = (
        "OUTCOME_OBSERVED",
        {"outcome": one_of("verified", "ineffective", "regressed"), "finding": UUID, "run": optional(UUID)},
    )
    RUNTIME_CREATED = "RUNTIME_CREATED", {"department": CODE, "key_id": CODE}
    RUNTIME_ENROLLED = "RUNTIME_ENROLLED", {"public": DIGEST, "version": CODE}
    RUNTIME_REVOKED = "RUNTIME_REVOKED", _NOTHING
    ORDER_KEY_CREATED = "ORDER_KEY_CREATED", {"kid": CODE, "public": DIGEST}

    # Proof
    # "public" is the Ed25519 key, 32 bytes like a digest.
    CHECKPOINT_SIGNED = "CHECKPOINT_SIGNED", {"size": COUNT, "root": DIGEST, "public": DIGEST}
    LEDGER_VERIFIED = "LEDGER_VERIFIED", {"after": COUNT, "size": COUNT, "head": DIGEST}
    LEDGER_EXPORTED = (
        "LEDGER_EXPORTED",
        {"format": one_of("jsonl", "csv", "payloads"), "size": COUNT, "filters": many(CODE)},
    )
    # ``size``: how many entries its checkpoint covers. ``digest``: of case.json, which holds those of all other files.
    CASE_EXPORTED = "CASE_EXPORTED", {"size": COUNT, "files": COUNT, "digest": DIGEST, "is_masked": FLAG}
    LEDGER_TAMPER_DETECTED = "LEDGER_TAMPER_DETECTED", {"fault": CODE, "seq": COUNT}
    PAYLOAD_ERASED = "PAYLOAD_ERASED", {"erased": DIGEST, "reason": CODE}
