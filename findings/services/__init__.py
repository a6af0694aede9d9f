"""Writes: acknowledge findings and take it back. The tick opens and resolves (``transitions``)."""

from findings.services.ack import finding_ack, finding_ack_undo
from findings.services.bulk import BULK_MAX, findings_ack, findings_ack_undo

__all__ = ["BULK_MAX", "finding_ack", "finding_ack_undo", "findings_ack", "findings_ack_undo"]
