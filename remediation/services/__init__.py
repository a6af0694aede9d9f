"""Writes: contracts come into force, proposals are made and decided, people vote, jobs run."""

from remediation.services.approvals import approval_vote
from remediation.services.brakes import brakes_freeze, brakes_stop, safe_mode_enter
from remediation.services.contracts import bundle_compile, bundle_release
from remediation.services.delegations import delegation_create, delegation_end
from remediation.services.emergencies import emergency_review
from remediation.services.jobs import job_cancel, job_create
from remediation.services.journal import journal_take
from remediation.services.leases import job_renew, job_start, jobs_claim
from remediation.services.links import link_create, link_find, link_vote
from remediation.services.onboarding import department_onboard
from remediation.services.outcomes import outcome_observe
from remediation.services.proposals import proposal_create, proposal_withdraw
from remediation.services.reports import job_report
from remediation.services.runtimes import (
    runtime_beat,
    runtime_create,
    runtime_enrol,
    runtime_revoke,
    runtime_token_renew,
)
from remediation.services.sweep import governance_sweep

__all__ = [
    "approval_vote",
    "brakes_freeze",
    "brakes_stop",
    "bundle_compile",
    "bundle_release",
    "delegation_create",
    "delegation_end",
    "department_onboard",
    "emergency_review",
    "governance_sweep",
    "job_cancel",
    "job_create",
    "job_renew",
    "job_report",
    "job_start",
    "jobs_claim",
    "journal_take",
    "link_create",
    "link_find",
    "link_vote",
    "outcome_observe",
    "proposal_create",
    "proposal_withdraw",
    "runtime_beat",
    "runtime_create",
    "runtime_enrol",
    "runtime_revoke",
    "runtime_token_renew",
    "safe_mode_enter",
]
