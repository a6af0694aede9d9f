"""The vocabulary of the ledger: every kind of entry, and beside it what its data holds.

A new kind is one line here. A line that was ever used is never changed in meaning or removed:
old entries keep their words.
"""

from enum import StrEnum

from ledger.schema import (
    CODE,
    COUNT,
    DIGEST,
    FLAG,
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

    # Proof
    # "public" is the Ed25519 key, 32 bytes like a digest.
    CHECKPOINT_SIGNED = "CHECKPOINT_SIGNED", {"size": COUNT, "root": DIGEST, "public": DIGEST}
    LEDGER_VERIFIED = "LEDGER_VERIFIED", {"after": COUNT, "size": COUNT, "head": DIGEST}
    LEDGER_EXPORTED = (
        "LEDGER_EXPORTED",
        {"format": one_of("jsonl", "csv", "payloads"), "size": COUNT, "filters": many(CODE)},
    )
    LEDGER_TAMPER_DETECTED = "LEDGER_TAMPER_DETECTED", {"fault": CODE, "seq": COUNT}
    PAYLOAD_ERASED = "PAYLOAD_ERASED", {"erased": DIGEST, "reason": CODE}
