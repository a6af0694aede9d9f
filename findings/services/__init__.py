"""Writes: acknowledge a finding and take it back. The tick opens and resolves (``transitions``)."""

from findings.services.ack import finding_ack, finding_ack_undo

__all__ = ["finding_ack", "finding_ack_undo"]
