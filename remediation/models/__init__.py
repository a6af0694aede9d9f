"""What governance keeps: contracts, proposals, approvals, jobs and the runtimes that carry them out."""

from remediation.models.contracts import Brakes, Bundle, OrderKey, Release
from remediation.models.jobs import Job, JobOutput
from remediation.models.mandates import ApprovalLink, Delegation
from remediation.models.proposals import Approval, Proposal, Vote
from remediation.models.runtimes import JournalLine, Runtime, SeenNonce

__all__ = [
    "Approval",
    "ApprovalLink",
    "Brakes",
    "Bundle",
    "Delegation",
    "Job",
    "JobOutput",
    "JournalLine",
    "OrderKey",
    "Proposal",
    "Release",
    "Runtime",
    "SeenNonce",
    "Vote",
]
