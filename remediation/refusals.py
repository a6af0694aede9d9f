"""How the engine's refusals are told: a denied proposal is kept, and answered with the status of its code."""

from opsportal.core.errors import (
    ConflictError,
    DomainError,
    FrozenInstitutionError,
    InvalidError,
    RefusedError,
    StoppedError,
)
from remediation.models import Proposal

_STATUS: dict[str, type[DomainError]] = {
    "EMERGENCY_STOP": StoppedError,
    "SAFE_MODE": StoppedError,
    "FROZEN": FrozenInstitutionError,
    "BUNDLE_DRIFT": ConflictError,
    "PARAMS_INVALID": InvalidError,
    "INVARIANT_VIOLATED": InvalidError,
    "BUDGET_EXCEEDED": ConflictError,
    "BREAKER_OPEN": ConflictError,
}


def denial_raise(proposal: Proposal) -> None:
    """Raise what a denied proposal answers: 403, or the status of its code; ``errors`` names the proposal."""
    if proposal.status != Proposal.Status.DENIED:
        return
    decision = proposal.decision
    kind = _STATUS.get(decision["code"], RefusedError)
    raise kind(decision["reason"], code=decision["code"], errors={"proposal": [str(proposal.code)]})
