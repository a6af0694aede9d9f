"""Whether everything that ran was ordered, and everything that was ordered ran."""

from remediation.reconciliation.differences import SECTIONS, VERDICTS, Counts, Difference, Reconciliation
from remediation.reconciliation.reconcile import reconciliation_of

__all__ = ["SECTIONS", "VERDICTS", "Counts", "Difference", "Reconciliation", "reconciliation_of"]
