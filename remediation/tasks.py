"""What the workers do for governance."""

from uuid import UUID

from opsportal.core.actor import TICKER
from opsportal.core.scope import institution_scope
from opsportal.institutions.models import Institution
from remediation import services
from remediation.selectors import proposal_get


def sweep() -> None:
    """Expire what is over and notice lost leases, in every institution."""
    for institution_id in Institution.objects.order_by("pk").values_list("pk", flat=True):
        services.governance_sweep(institution_id)


def outcome_observe(institution: str, proposal: str) -> None:
    """Look whether the job of a proposal has helped."""
    with institution_scope(UUID(institution)):
        services.outcome_observe(proposal=proposal_get(UUID(proposal)), actor=TICKER)
