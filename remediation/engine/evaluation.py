"""The one question: may this be done? Pure and total; what no rule allows is denied."""

from remediation.engine.bundle import Bundle
from remediation.engine.decision import Decision, Step
from remediation.engine.gates import GATES, denied
from remediation.engine.parts import Operation
from remediation.engine.snapshot import Snapshot

FAULT = "The engine could not judge this request: report it, nothing was done."


def evaluate(bundle: Bundle, snapshot: Snapshot) -> Decision:
    """Try the gates in order and return the decision; never raises, a fault inside denies with ENGINE_FAULT.

    The first refusal ends it. Where the approval gate asks for votes the rest is still tried, and can refuse.
    """
    trace: list[Step] = []
    approval = None
    operation = _operation(bundle, snapshot)
    for name, gate in GATES.items():
        try:
            step = gate(bundle, operation, snapshot)
        except Exception:  # noqa: BLE001  # total: whatever a snapshot holds, the answer is no
            step = denied(name, "ENGINE_FAULT", FAULT)
        trace.append(step)
        if step.effect == "denied":
            return Decision("denied", step.code, name, step.rule, step.reason, tuple(trace), (), 0, bundle.digest)
        if name == "approval":
            approval = step
    return _granted(bundle, operation, tuple(trace), approval)


def _operation(bundle: Bundle, snapshot: Snapshot) -> Operation:
    return bundle.governing(snapshot.operation if isinstance(snapshot.operation, str) else "")


def _granted(bundle: Bundle, operation: Operation, trace: tuple[Step, ...], approval: Step | None) -> Decision:
    rule = operation.approval
    if approval is None or rule is None or approval.rule != rule.id:
        named = approval.rule if approval else ""
        return Decision("allowed", "", "", named, "", trace, (), 0, bundle.digest)
    if approval.effect == "passed":
        return Decision("allowed", "", "", rule.id, "", trace, rule.stages, rule.expires_seconds, bundle.digest)
    reason = f"{operation.name} needs an approval: the people of {rule.stages[0].id} are asked first."
    return Decision(
        "needs_approval", "", "approval", rule.id, reason, trace, rule.stages, rule.expires_seconds, bundle.digest
    )
