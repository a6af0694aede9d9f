"""The gates, one function each, in the published order. A gate passes, refuses, or (approval alone) asks for votes."""

from collections.abc import Callable

from remediation.engine.ballots import Tally, is_expired, tally
from remediation.engine.bundle import Bundle
from remediation.engine.decision import Step
from remediation.engine.freeze import is_open
from remediation.engine.order import GATE_ORDER
from remediation.engine.params import params_problem
from remediation.engine.parts import ApprovalRule, Emergency, Mandate, Operation
from remediation.engine.rules import rule_broken, rule_sentence
from remediation.engine.snapshot import Snapshot

Gate = Callable[[Bundle, Operation, Snapshot], Step]
AUTOMATIC_RISKS = {"R0", "R1"}
PASSED = {gate: Step(gate, "passed") for gate in GATE_ORDER}


def denied(gate: str, code: str, reason: str, rule: str = "") -> Step:
    """Return a refusal."""
    return Step(gate, "denied", rule, code, reason)


def gate_emergency_stop(_: Bundle, __: Operation, snapshot: Snapshot) -> Step:
    """Refuse everything while the institution is stopped."""
    if not snapshot.stopped:
        return PASSED["emergency_stop"]
    reason = "The institution is stopped: ask an owner to end the emergency stop."
    return denied("emergency_stop", "EMERGENCY_STOP", reason)


def gate_freeze(_: Bundle, operation: Operation, snapshot: Snapshot) -> Step:
    """Refuse while the institution is frozen or a window of the contract is open."""
    if snapshot.frozen:
        return denied("freeze", "FROZEN", "The institution is frozen: wait until an owner lifts the freeze.")
    for window in operation.windows:
        if is_open(window, snapshot.at):
            reason = window.message or "A freeze window of the contract is open: try again when it has closed."
            return denied("freeze", "FROZEN", reason, window.id)
    return PASSED["freeze"]


def gate_drift(_: Bundle, __: Operation, snapshot: Snapshot) -> Step:
    """Refuse when the bundle cannot be trusted."""
    if snapshot.safe_mode:
        return denied("drift", "SAFE_MODE", "The contract could not be verified: ask an owner to restore a release.")
    if snapshot.drifted:
        reason = "The active contract is not the pinned one: ask an owner to release or restore it."
        return denied("drift", "BUNDLE_DRIFT", reason)
    return PASSED["drift"]


def gate_rbac(bundle: Bundle, operation: Operation, snapshot: Snapshot) -> Step:
    """Refuse what is not in the contract of the department, and whoever has no role for it."""
    if not operation.is_declared:
        reason = f"The contract has no operation {snapshot.operation!r}: choose one that it has."
        return denied("rbac", "OPERATION_UNKNOWN", reason)
    if not snapshot.department_active or snapshot.department != bundle.department:
        reason = "The contract is not active in this department: ask an owner to activate the department."
        return denied("rbac", "DEPT_INACTIVE", reason)
    if operation.roles.isdisjoint(snapshot.requester.roles):
        reason = f"None of your roles may do {operation.name}: ask somebody with the role {_either(operation.roles)}."
        return denied("rbac", "RBAC_DENIED", reason)
    return PASSED["rbac"]


def gate_policy(_: Bundle, operation: Operation, snapshot: Snapshot) -> Step:
    """Refuse parameters that do not fit their declaration or break a policy."""
    problem = params_problem(operation, snapshot.params)
    if problem:
        return denied("policy", "PARAMS_INVALID", problem)
    for policy in operation.policies:
        broken = rule_broken(policy.rules, snapshot)
        if broken:
            return denied("policy", "POLICY_DENIED", rule_sentence(broken), policy.id)
    return PASSED["policy"]


def gate_mandate(_: Bundle, operation: Operation, snapshot: Snapshot) -> Step:
    """Refuse unless a mandate that is valid now covers operation, role and limits."""
    rule, reason = "", f"No mandate covers {operation.name} for your roles: ask an owner to add one to the contract."
    for mandate in operation.mandates:
        if mandate.roles.isdisjoint(snapshot.requester.roles):
            continue
        broken = rule_broken(mandate.limits, snapshot)
        if broken is None and is_valid(mandate, snapshot.at):
            return Step("mandate", "passed", mandate.id)
        rule = mandate.id
        reason = rule_sentence(broken) if broken else "The mandate is not valid now: ask an owner to renew it."
    return denied("mandate", "MANDATE_DENIED", reason, rule)


def is_valid(mandate: Mandate, at: int) -> bool:
    """Return whether ``at`` lies in the time of the mandate; ``valid_until`` itself is too late."""
    return (mandate.valid_from is None or mandate.valid_from <= at) and (
        mandate.valid_until is None or at < mandate.valid_until
    )


def gate_autonomy(bundle: Bundle, operation: Operation, snapshot: Snapshot) -> Step:
    """Refuse an agent above the department's level."""
    if snapshot.requester.kind != "agent":
        return PASSED["autonomy"]
    rule = operation.autonomy
    if rule is None:
        reason = f"No rule lets an agent do {operation.name}: ask a human to propose it."
        return denied("autonomy", "AUTONOMY_INSUFFICIENT", reason)
    level = bundle.current_level if snapshot.autonomy_level is None else snapshot.autonomy_level
    if level < rule.required_level:
        reason = (
            f"An agent needs autonomy level {rule.required_level}, this is level {level}: ask a human to propose it."
        )
        return denied("autonomy", "AUTONOMY_INSUFFICIENT", reason, rule.id)
    return Step("autonomy", "passed", rule.id)


def gate_dry_run(_: Bundle, operation: Operation, snapshot: Snapshot) -> Step:
    """Refuse without the dry-run of this very plan where the contract asks for one, and after one that failed."""
    dry_run = snapshot.dry_run
    if operation.dry_run == "none":
        return PASSED["dry_run"]
    if dry_run is not None and not dry_run.ok:
        return denied("dry_run", "DRY_RUN_FAILED", "The dry-run failed: read its result, then propose again.")
    if operation.dry_run == "required" and (dry_run is None or not snapshot.plan or dry_run.plan != snapshot.plan):
        return denied("dry_run", "DRY_RUN_REQUIRED", "A dry-run of this plan comes first: wait for the runtime.")
    return PASSED["dry_run"]


def gate_approval(_: Bundle, operation: Operation, snapshot: Snapshot) -> Step:
    """Refuse what was rejected, what is too late and what gives no reason; ask for the votes that are missing."""
    rule, clause = operation.approval, emergency_clause(operation, snapshot)
    if (operation.needs_reason or (rule and rule.needs_reason) or clause) and not snapshot.has_reason:
        return denied("approval", "REASON_REQUIRED", "A reason is required: say why this has to be done.")
    counts = tally(rule, snapshot) if rule else None
    if rule and counts and counts.is_rejected:
        reason = "Somebody with the role to decide rejected this: talk to them, then propose again."
        return denied("approval", "APPROVAL_REJECTED", reason, rule.id)
    if clause:
        return Step("approval", "passed", clause.id)
    if snapshot.emergency:
        reason = "The contract has no such emergency for you and this operation: propose it without one."
        return denied("approval", "EMERGENCY_DENIED", reason, snapshot.emergency)
    return _votes_step(rule, counts, snapshot) if rule and counts else _automatic_step(operation)


def emergency_clause(operation: Operation, snapshot: Snapshot) -> Emergency | None:
    """Return the clause that lets this human go without an approval, None when there is none."""
    clause = operation.emergencies.get(snapshot.emergency)
    if clause is None or snapshot.requester.kind != "human" or clause.roles.isdisjoint(snapshot.requester.roles):
        return None
    return clause


def _votes_step(rule: ApprovalRule, counts: Tally, snapshot: Snapshot) -> Step:
    if snapshot.approval_expires_at is not None and is_expired(snapshot, snapshot.at):
        return denied("approval", "APPROVAL_EXPIRED", "The time to approve has passed: propose it again.", rule.id)
    if counts.open_in(rule):
        return Step("approval", "needs_approval", rule.id)
    return Step("approval", "passed", rule.id)


def _automatic_step(operation: Operation) -> Step:
    if operation.risk in AUTOMATIC_RISKS:
        return PASSED["approval"]
    reason = f"{operation.name} has the risk {operation.risk} and nobody who approves it: add an approval rule."
    return denied("approval", "APPROVAL_RULE_MISSING", reason)


def gate_sod(_: Bundle, operation: Operation, snapshot: Snapshot) -> Step:
    """Refuse when a vote for this plan is the requester's own, a machine's, or one person's second."""
    rule = operation.approval
    if rule is None or not snapshot.votes:
        return PASSED["sod"]
    breach = tally(rule, snapshot).breach
    return denied("sod", "APPROVAL_SOD_VIOLATION", breach, rule.sod) if breach else PASSED["sod"]


def gate_invariants(_: Bundle, operation: Operation, snapshot: Snapshot) -> Step:
    """Refuse when an assertion of the contract is not true."""
    for invariant in operation.invariants:
        if invariant.when(snapshot) is True and invariant.holds(snapshot) is not True:
            reason = invariant.message or "An invariant of the contract would not hold: change the request."
            return denied("invariants", "INVARIANT_VIOLATED", reason, invariant.id)
    return PASSED["invariants"]


def gate_budget(_: Bundle, operation: Operation, snapshot: Snapshot) -> Step:
    """Refuse one too many in a budget's window, and everything while its breaker is open."""
    for budget in operation.budgets:
        if snapshot.used.get(budget.id, 0) + 1 > budget.limit:
            reason = (
                f"The budget of {budget.limit} in {budget.seconds} seconds is used up: wait, or ask for a larger one."
            )
            return denied("budget", "BUDGET_EXCEEDED", reason, budget.id)
        if budget.breaker_failures is not None and snapshot.failures.get(budget.id, 0) >= budget.breaker_failures:
            reason = f"{budget.breaker_failures} jobs failed in a row: find out why before trying again."
            return denied("budget", "BREAKER_OPEN", reason, budget.id)
    return PASSED["budget"]


def _either(roles: frozenset[str]) -> str:
    return " or ".join(sorted(roles)) or "that the contract gives this to"


GATES: dict[str, Gate] = {
    "emergency_stop": gate_emergency_stop,
    "freeze": gate_freeze,
    "drift": gate_drift,
    "rbac": gate_rbac,
    "policy": gate_policy,
    "mandate": gate_mandate,
    "autonomy": gate_autonomy,
    "dry_run": gate_dry_run,
    "approval": gate_approval,
    "sod": gate_sod,
    "invariants": gate_invariants,
    "budget": gate_budget,
}
