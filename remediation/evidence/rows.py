"""Rows of the portal as a bundle shows them. Free texts of people are left out of a masked copy."""

from collections.abc import Sequence
from typing import Any

from agents.models import Message, Thread
from findings.models import Finding
from remediation.models import Proposal
from scenarios.models import Run

_FINDING = (
    *("code", "fingerprint", "title", "severity", "owner_agent", "status", "state", "reason", "evidence"),
    *("count", "opened_at", "last_seen_at", "resolved_at", "reopen_count", "acked_at", "cause"),
)
_PROPOSAL = (
    *("code", "operation", "risk", "status", "requester_kind", "requester_id", "needs_approval", "decision"),
    *("plan_digest", "plan_expires_at", "outcome", "outcome_at", "created_at", "decided_at"),
)
_RUN = ("code", "state", "reason", "cause", "evidence", "started_at", "duration_ms")


def finding_shown(finding: Finding, *, is_masked: bool) -> dict[str, Any]:
    """Return what was wrong, and the look that showed it."""
    return {**_columns(finding, _FINDING), "check": finding.check_name, **_free(finding, is_masked, "ack_note")}


def proposal_shown(proposal: Proposal, *, is_masked: bool) -> dict[str, Any]:
    """Return what was asked and decided; what was asked for exactly stands in the plan."""
    shown = {**_columns(proposal, _PROPOSAL), "bundle": proposal.bundle.digest, "contract": proposal.bundle.contract}
    return {**shown, **_free(proposal, is_masked, "params", "reason")}


def run_shown(run: Run) -> dict[str, Any]:
    """Return one look at a scenario, with what was measured."""
    return {**_columns(run, _RUN), "scenario": run.scenario.name}


def thread_shown(thread: Thread, messages: Sequence[Message], *, is_masked: bool) -> dict[str, Any]:
    """Return a conversation; its messages are bound to the entries by what those commit to."""
    shown = {"id": thread.code, "status": thread.status, "agent": thread.primary_agent}
    said = [
        {
            "id": message.code,
            "from": f"{message.from_type}:{message.from_id}",
            "to": f"{message.to_type}:{message.to_id}",
            "at": message.created_at,
            **_free(message, is_masked, "body"),
        }
        for message in messages
    ]
    return {**shown, **_free(thread, is_masked, "subject"), "messages": said}


def _columns(row: object, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _free(row: object, is_masked: bool, *names: str) -> dict[str, Any]:
    return {} if is_masked else {name: getattr(row, name) for name in names}
