"""Every way to a refusal as a table: what is asked, and the gate and code that must answer.

The table is used twice: as examples of the gates, and against planted bugs, each of which must break it.
"""

from dataclasses import replace
from typing import Any

from remediation.engine import Bundle, DryRun, Party, Snapshot, evaluate
from tests.remediation.engine.factories import (
    ANA,
    BO,
    BUNDLE,
    CLEO,
    DIA,
    ENOUGH_TO_DELETE,
    ENOUGH_TO_MOVE,
    EXPIRES,
    NOW,
    PLAN,
    ROBOT,
    asking,
    vote,
)

FRIDAY_NIGHT = 1_795_829_400  # 2026-11-28 01:30 UTC, Friday 22:30 in São Paulo
STRANGER = Party("human", "user:eve", "eve", ("auditor", "root", "*"))


def deleting(**changes: Any) -> Snapshot:
    """Return a deletion that has all its votes."""
    return asking("files.delete", **({"votes": ENOUGH_TO_DELETE} | changes))


def moving(*votes: Any, **changes: Any) -> Snapshot:
    """Return a move with these votes."""
    return asking("files.move", **({"votes": votes} | changes))


ASKS = ("approval", "")  # no refusal: votes are missing
FINE = ("", "")
CASES: dict[str, tuple[Snapshot, tuple[str, str]]] = {
    "an observation": (asking(), FINE),
    "a local change": (asking("files.tidy"), FINE),
    "a move without votes": (moving(), ASKS),
    "a move with its vote": (asking("files.move", votes=ENOUGH_TO_MOVE), FINE),
    "a deletion with its votes": (deleting(), FINE),
    "a deletion in an emergency": (deleting(votes=(), emergency="disk_full"), FINE),
    "stopped": (asking(stopped=True), ("emergency_stop", "EMERGENCY_STOP")),
    "frozen": (asking(frozen=True), ("freeze", "FROZEN")),
    "in a window": (deleting(at=FRIDAY_NIGHT), ("freeze", "FROZEN")),
    "safe mode": (asking(safe_mode=True), ("drift", "SAFE_MODE")),
    "drifted": (asking(drifted=True), ("drift", "BUNDLE_DRIFT")),
    "an unknown operation": (asking("files.shred"), ("rbac", "OPERATION_UNKNOWN")),
    "the empty operation": (asking(""), ("rbac", "OPERATION_UNKNOWN")),
    "an inactive department": (asking(department_active=False), ("rbac", "DEPT_INACTIVE")),
    "another department": (asking(department="finance"), ("rbac", "DEPT_INACTIVE")),
    "a role without the permission": (moving(requester=BO), ("rbac", "RBAC_DENIED")),
    "unknown roles": (asking(requester=STRANGER), ("rbac", "RBAC_DENIED")),
    "no roles": (asking(requester=replace(ANA, roles=())), ("rbac", "RBAC_DENIED")),
    "an unknown parameter": (asking(params={"path": ".", "sudo": True}), ("policy", "PARAMS_INVALID")),
    "a missing parameter": (asking("files.delete", params={}), ("policy", "PARAMS_INVALID")),
    "true for a number": (asking(params={"limit": True}), ("policy", "PARAMS_INVALID")),
    "one for true": (asking("files.tidy", params={"force": 1}), ("policy", "PARAMS_INVALID")),
    "a float": (asking(params={"limit": 1.0}), ("policy", "PARAMS_INVALID")),
    "a NUL": (deleting(params={"paths": ["a\0b"]}), ("policy", "PARAMS_INVALID")),
    "a path that does not match": (deleting(params={"paths": ["/etc"]}), ("policy", "PARAMS_INVALID")),
    "too many for the policy": (deleting(params={"paths": ["a"] * 11}), ("policy", "POLICY_DENIED")),
    "an agent without a rule": (
        asking("files.wipe", requester=replace(ROBOT, roles=("owner",))),
        ("autonomy", "AUTONOMY_INSUFFICIENT"),
    ),
    "an agent above its level": (moving(requester=ROBOT), ("autonomy", "AUTONOMY_INSUFFICIENT")),
    "no dry-run": (deleting(dry_run=None), ("dry_run", "DRY_RUN_REQUIRED")),
    "the dry-run of another plan": (deleting(dry_run=DryRun(True, "0" * 64)), ("dry_run", "DRY_RUN_REQUIRED")),
    "a failed dry-run": (deleting(dry_run=DryRun(False, PLAN)), ("dry_run", "DRY_RUN_FAILED")),
    "no reason": (deleting(has_reason=False), ("approval", "REASON_REQUIRED")),
    "no reason in an emergency": (deleting(has_reason=False, emergency="disk_full"), ("approval", "REASON_REQUIRED")),
    "rejected": (moving(vote(BO), vote(CLEO, verdict="reject")), ("approval", "APPROVAL_REJECTED")),
    "rejected, then an emergency": (
        deleting(votes=(vote(CLEO, verdict="reject"),), emergency="disk_full"),
        ("approval", "APPROVAL_REJECTED"),
    ),
    "an emergency of nobody": (deleting(emergency="fire"), ("approval", "EMERGENCY_DENIED")),
    "an emergency of another operation": (moving(emergency="disk_full"), ("approval", "EMERGENCY_DENIED")),
    "after the expiry": (moving(vote(BO), at=EXPIRES + 1), ("approval", "APPROVAL_EXPIRED")),
    "exactly at the expiry": (moving(vote(BO), at=EXPIRES), ("approval", "APPROVAL_EXPIRED")),
    "a second before the expiry": (moving(vote(BO, at=EXPIRES - 1), at=EXPIRES - 1), FINE),
    "an approval nobody asked for": (moving(vote(BO), approval_expires_at=None), ASKS),
    "nobody approves it": (asking("files.wipe"), ("approval", "APPROVAL_RULE_MISSING")),
    "a vote of one's own": (moving(vote(ANA)), ("sod", "APPROVAL_SOD_VIOLATION")),
    "one's own with another account": (
        moving(vote(Party("human", "user:ana2", "ana", ("owner",)))),
        ("sod", "APPROVAL_SOD_VIOLATION"),
    ),
    "a vote delegated by the requester": (moving(vote(BO, delegated_from="ana")), ("sod", "APPROVAL_SOD_VIOLATION")),
    "a vote delegated to the requester": (moving(vote(ANA, delegated_from="bo")), ("sod", "APPROVAL_SOD_VIOLATION")),
    "the owner's vote on the agent's wish": (
        moving(vote(ANA), requester=ROBOT, autonomy_level=2),
        ("sod", "APPROVAL_SOD_VIOLATION"),
    ),
    "an agent's vote": (
        moving(vote(Party("agent", "agent:x", "cleo", ("owner",)))),
        ("sod", "APPROVAL_SOD_VIOLATION"),
    ),
    "a vote of nobody known": (moving(vote(replace(BO, person=""))), ("sod", "APPROVAL_SOD_VIOLATION")),
    "votes on an unknown requester's wish": (
        moving(vote(BO), requester=replace(ANA, person="")),
        ("sod", "APPROVAL_SOD_VIOLATION"),
    ),
    "one person twice in a stage": (
        deleting(votes=(vote(BO, "check"), vote(BO, "check"), vote(CLEO))),
        ("sod", "APPROVAL_SOD_VIOLATION"),
    ),
    "one person in two stages": (
        deleting(votes=(vote(BO, "check"), vote(DIA, "check"), vote(DIA))),
        ("sod", "APPROVAL_SOD_VIOLATION"),
    ),
    "a delegate beside who delegated": (
        deleting(votes=(vote(BO, "check"), vote(DIA, "check", delegated_from="bo"), vote(CLEO))),
        ("sod", "APPROVAL_SOD_VIOLATION"),
    ),
    "a vote for another plan": (moving(vote(BO, plan="0" * 64)), ASKS),
    "a vote for no plan": (asking("files.tidy", plan="", votes=(vote(BO, plan=""),)), FINE),
    "a vote of somebody who lost the role": (moving(vote(replace(BO, roles=()))), ASKS),
    "a vote with unknown roles": (moving(vote(STRANGER)), ASKS),
    "a vote for an unknown stage": (moving(vote(BO, "afterwards")), ASKS),
    "a clerk's vote in the owner's stage": (
        deleting(votes=(vote(CLEO, "check"), vote(DIA, "check"), vote(BO, "decide"))),
        ASKS,
    ),
    "a vote in a stage that is not open": (
        deleting(votes=(vote(CLEO, at=NOW - 9), vote(BO, "check"), vote(DIA, "check"))),
        ASKS,
    ),
    "one vote of two": (deleting(votes=(vote(BO, "check"), vote(CLEO))), ASKS),
    "a vote from the future": (moving(vote(BO, at=NOW + 1)), ASKS),
    "the root": (deleting(params={"paths": ["."]}), ("invariants", "INVARIANT_VIOLATED")),
    "the root, before anybody votes": (
        deleting(params={"paths": ["."]}, votes=()),
        ("invariants", "INVARIANT_VIOLATED"),
    ),
    "the last of the budget": (deleting(used={"changes": 2}), FINE),
    "over the budget": (deleting(used={"changes": 3}), ("budget", "BUDGET_EXCEEDED")),
    "over the budget, before anybody votes": (moving(used={"changes": 3}), ("budget", "BUDGET_EXCEEDED")),
    "one failure": (deleting(failures={"changes": 1}), FINE),
    "too many failures": (deleting(failures={"changes": 2}), ("budget", "BREAKER_OPEN")),
}


def answer(snapshot: Snapshot, bundle: Bundle = BUNDLE) -> tuple[str, str]:
    """Return gate and code of the engine's answer."""
    decision = evaluate(bundle, snapshot)
    return decision.gate, decision.code


def wrong_answers() -> list[str]:
    """Return the cases in which the engine does not say what it must."""
    return [name for name, (snapshot, expected) in CASES.items() if answer(snapshot) != expected]
