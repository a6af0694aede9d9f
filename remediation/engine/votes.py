"""One vote: may it be counted? And how far an approval has come, for pages."""

from dataclasses import dataclass

from remediation.engine.ballots import (
    Tally,
    breach_of,
    is_bound,
    is_entitled,
    is_expired,
    is_in_time,
    people_of,
    tally,
)
from remediation.engine.bundle import Bundle
from remediation.engine.decision import Decision, Step
from remediation.engine.parts import ApprovalRule, Stage
from remediation.engine.snapshot import Snapshot, Vote


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of a stage's votes are in, and whether it waits for votes now."""

    stage: Stage
    counted: int
    is_open: bool

    def __str__(self) -> str:
        return f"{self.counted} of {self.stage.quorum}"


def vote_judge(bundle: Bundle, snapshot: Snapshot, vote: Vote) -> Decision:
    """Return whether ``vote`` may be counted now, besides the votes in ``snapshot``; never raises.

    The codes are OPERATION_UNKNOWN, APPROVAL_RULE_MISSING, APPROVAL_EXPIRED, PLAN_STALE, APPROVAL_SOD_VIOLATION,
    ALREADY_VOTED (this person, or all votes are in), APPROVAL_REJECTED and RBAC_DENIED.
    """
    rule, sod = "", ""
    try:
        found = _rule(bundle, snapshot)
        if found:
            rule, sod = found.id, found.sod
        code, reason = _problem(found, snapshot, vote)
    except Exception:  # noqa: BLE001  # total, as evaluate is
        code, reason = "ENGINE_FAULT", "The engine could not judge this vote: report it, nothing was counted."
    named = sod if code == "APPROVAL_SOD_VIOLATION" else rule
    if not code:
        return Decision("allowed", "", "", rule, "", (Step("approval", "passed", rule),), (), 0, bundle.digest)
    gate = "sod" if code == "APPROVAL_SOD_VIOLATION" else "approval"
    trace = (Step(gate, "denied", named, code, reason),)
    return Decision("denied", code, gate, named, reason, trace, (), 0, bundle.digest)


def stage_open(bundle: Bundle, snapshot: Snapshot) -> Stage | None:
    """Return the stage that waits for votes; None when none does, or the operation needs no approval."""
    rule = _rule(bundle, snapshot)
    return tally(rule, snapshot).open_in(rule) if rule else None


def stages_progress(bundle: Bundle, snapshot: Snapshot) -> tuple[Progress, ...]:
    """Return every stage with its votes so far; ``str()`` of one reads ``1 of 2``."""
    rule = _rule(bundle, snapshot)
    if rule is None:
        return ()
    counts = tally(rule, snapshot)
    waiting = counts.open_in(rule)
    return tuple(
        Progress(stage, count, stage is waiting) for stage, count in zip(rule.stages, counts.counted, strict=True)
    )


def _rule(bundle: Bundle, snapshot: Snapshot) -> ApprovalRule | None:
    return bundle.governing(snapshot.operation).approval


def _problem(rule: ApprovalRule | None, snapshot: Snapshot, vote: Vote) -> tuple[str, str]:
    if rule is None:
        return "APPROVAL_RULE_MISSING", "Nobody votes on this operation: look at the contract."
    if is_expired(snapshot, snapshot.at) or not is_in_time(snapshot, vote):
        return "APPROVAL_EXPIRED", "The time to vote has passed: ask for a new proposal."
    if not is_bound(snapshot, vote):
        return "PLAN_STALE", "The plan has changed since: read the new one and vote on that."
    return _person_problem(snapshot, vote) or _stage_problem(rule, tally(rule, snapshot), vote)


def _person_problem(snapshot: Snapshot, vote: Vote) -> tuple[str, str] | None:
    breach = breach_of(snapshot, vote, set())
    if breach:
        return "APPROVAL_SOD_VIOLATION", breach
    earlier = {person for other in snapshot.votes if is_bound(snapshot, other) for person in people_of(other)}
    if not earlier.isdisjoint(people_of(vote)):
        return "ALREADY_VOTED", "One person has one vote: another person has to decide."
    return None


def _stage_problem(rule: ApprovalRule, counts: Tally, vote: Vote) -> tuple[str, str]:
    if counts.is_rejected:
        return "APPROVAL_REJECTED", "This has been rejected: ask for a new proposal."
    stage = counts.open_in(rule)
    if stage is None:
        return "ALREADY_VOTED", "All votes are in: nothing is left to decide."
    if vote.verdict not in {"approve", "reject"} or not is_entitled(stage, vote):
        roles = " or ".join(stage.roles)
        return "RBAC_DENIED", f"Votes are open for {stage.id}: somebody with the role {roles} has to decide."
    return "", ""
