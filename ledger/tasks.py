"""What the workers do for the ledger. Each is safe to run twice, and at the same time."""

import structlog

from ledger.selectors import chains
from ledger.services import LedgerBrokenError, checkpoint_sign, ledger_verify
from opsportal.core.errors import FrozenInstitutionError

logger = structlog.get_logger(__name__)


def checkpoint_all() -> None:
    """Sign the head of every chain that has grown. A chain that is broken is logged and left unsigned."""
    for institution_id in chains():
        try:
            checkpoint_sign(institution_id)
        except (LedgerBrokenError, FrozenInstitutionError) as error:
            logger.error("checkpoint_refused", institution=str(institution_id), detail=error.detail)


def verify_all(*, whole: bool = False) -> None:
    """Verify every chain, from its last checkpoint or ``whole``; record each outcome, tell of each break."""
    for institution_id in chains():
        ledger_verify(institution_id, whole=whole)
