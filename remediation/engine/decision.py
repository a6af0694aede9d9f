"""What a decision is: an effect, the code and sentence of a refusal, and one step per gate that was tried."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from opsportal.core.canonical import Json
from remediation.engine.parts import Stage

Effect = Literal["allowed", "needs_approval", "denied"]


class Step(NamedTuple):
    """What one gate said; ``rule`` is the id of the rule that it went by, if any."""

    gate: str
    effect: Literal["passed", "needs_approval", "denied"]
    rule: str = ""
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer. ``stages`` and ``expires_seconds`` are what an approval takes; ``bundle`` is the digest that was asked."""

    effect: Effect
    code: str
    gate: str
    rule: str
    reason: str
    trace: tuple[Step, ...]
    stages: tuple[Stage, ...]
    expires_seconds: int
    bundle: str


def decision_json(decision: Decision) -> dict[str, Json]:
    """Return the decision as JSON inside the canonical profile, for the proposal, the ledger and the API."""
    return {
        "effect": decision.effect,
        "code": decision.code,
        "gate": decision.gate,
        "rule": decision.rule,
        "reason": decision.reason,
        "trace": [
            {"gate": step.gate, "effect": step.effect, "rule": step.rule, "code": step.code, "reason": step.reason}
            for step in decision.trace
        ],
        "stages": [{"id": stage.id, "roles": list(stage.roles), "quorum": stage.quorum} for stage in decision.stages],
        "expires_seconds": decision.expires_seconds,
        "bundle": decision.bundle,
    }
