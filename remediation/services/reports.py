"""What a runtime says that it did: signed, once, bound to the very order."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from ledger.kinds import Kind
from ledger.services import state_move, unit
from opsportal.core.actor import Actor
from opsportal.core.canonical import Json, ProfileError, canonical_bytes
from opsportal.core.errors import ConflictError, InvalidError
from remediation import engine
from remediation.active import active_contract
from remediation.dsse import RESULT, EnvelopeError, envelope_open
from remediation.models import Job, JobOutput, Proposal, Runtime
from remediation.services.approvals import proposal_stale
from remediation.services.brakes import contract_trusted
from remediation.services.decisions import proposal_decide
from remediation.services.leases import actor_of_runtime
from remediation.services.outcomes import outcome_request
from remediation.services.plans import plan_make

_KEYS = {
    *("code", "exit_code", "finished_at", "job", "journal", "order_digest", "result"),
    *("result_sha256", "runtime", "started_at", "status", "summary", "v"),
}
_STATUSES = {"executed": Job.Status.EXECUTED, "failed": Job.Status.FAILED, "refused": Job.Status.FAILED}
OUTPUT_MAX = 1_048_576
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # escaped, as canonical JSON has it; PostgreSQL keeps none


@dataclass(frozen=True, slots=True)
class Report:
    """A result whose signature and binding were verified."""

    status: str
    code: str
    exit_code: int
    started_at: datetime
    finished_at: datetime
    summary: str
    result: Mapping[str, Json]
    result_digest: str
    envelope: str


def job_report(*, job: Job, runtime: Runtime, envelope: Mapping[str, Any]) -> bool:
    """Record the result of a job; return False when this very result was recorded before.

    The result of a dry-run seals the plan and lets the engine decide. Raises InvalidError for an envelope that
    the runtime did not sign or that belongs to another order, ConflictError when another result is there already or the
    job was never taken.
    """
    report = report_read(job, runtime, envelope)
    actor = actor_of_runtime(runtime)
    with contract_trusted(job.institution_id), unit(job.institution_id, actor):
        job = Job.objects.select_for_update(of=("self",)).select_related(
            "proposal__department", "proposal__runtime", "proposal__bundle", "approval", "runtime"
        ).get(pk=job.pk)  # fmt: skip
        if job.status in Job.TERMINAL:
            if job.result_envelope == report.envelope:
                return False
            raise ConflictError(f"The job is {job.status} already.", code="RESULT_CONTRADICTS")
        _record(job, report, actor)
        if job.mode == Job.Mode.DRY_RUN:
            _dry_run_take(job, report, actor)
        elif report.code == "PLAN_STALE" and job.proposal.status == Proposal.Status.APPROVED:
            proposal_stale(job.proposal, job.approval, code="PLAN_STALE", actor=actor)
        elif job.status == Job.Status.EXECUTED:
            outcome_request(job)
    return True


def report_read(job: Job, runtime: Runtime, envelope: Mapping[str, Any]) -> Report:
    """Return what a signed result says; raise InvalidError unless it is this runtime's, of this job and its order."""
    try:
        opened = envelope_open(envelope, kind=RESULT, keyid=str(runtime.code), public=bytes.fromhex(runtime.public_key))
        if _NUL.search(opened.payload):
            raise EnvelopeError("it holds a NUL")
        said = json.loads(opened.payload)
        if not isinstance(said, dict) or canonical_bytes(said) != opened.payload or said.keys() != _KEYS:
            raise EnvelopeError("the payload is not a canonical result")
        return _report(job, runtime, said, envelope)
    except (EnvelopeError, ProfileError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InvalidError(f"This is no result: {error}.", errors={"envelope": [str(error)]}) from None


def output_add(*, job: Job, runtime: Runtime, offset: int, text: str) -> int:
    """Keep a piece of what a running job says; return where the next begins. The same piece again is harmless.

    Raises ConflictError when the job does not run at this runtime, InvalidError for a gap or more than a megabyte.
    """
    with transaction.atomic():
        held = Job.objects.select_for_update().filter(pk=job.pk, runtime=runtime, status__in=Job.ACTIVE).first()
        if held is None:
            raise ConflictError("This job does not run at this runtime.", code="LEASE_LOST")
        last = JobOutput.objects.filter(job=held).order_by("-offset").first()
        end = last.offset + len(last.text) if last else 0
        if offset < end:
            return end
        if offset > end or end + len(text) > OUTPUT_MAX or "\0" in text:
            raise InvalidError("The output does not continue.", errors={"offset": [f"must be {end}"]})
        JobOutput.objects.create(
            institution_id=job.institution_id, job=held, offset=offset, text=text, received_at=timezone.now()
        )
    return end + len(text)


def _report(job: Job, runtime: Runtime, said: Mapping[str, Any], envelope: Mapping[str, Any]) -> Report:
    bound = (said["v"], said["job"], said["runtime"], said["order_digest"])
    if job.runtime_id != runtime.pk or bound != (1, str(job.code), str(runtime.code), job.order_digest):
        raise EnvelopeError("it belongs to another order")
    result, digest = said["result"], hashlib.sha256(canonical_bytes(said["result"])).hexdigest()
    if not isinstance(result, dict) or digest != said["result_sha256"] or said["status"] not in _STATUSES:
        raise EnvelopeError("its result is not what its digest says")
    is_exit = type(said["exit_code"]) is int and abs(said["exit_code"]) < 2**31
    if not isinstance(said["code"], str) or len(said["code"]) > 40 or not is_exit:
        raise EnvelopeError("its code is not one")
    return Report(
        status=said["status"],
        code=said["code"],
        exit_code=said["exit_code"],
        started_at=datetime.fromtimestamp(said["started_at"], UTC),
        finished_at=datetime.fromtimestamp(said["finished_at"], UTC),
        summary=str(said["summary"])[:500],
        result=result,
        result_digest=digest,
        envelope=json.dumps(envelope, separators=(",", ":"), sort_keys=True),
    )


def _record(job: Job, report: Report, actor: Actor) -> None:
    to = _STATUSES[report.status]
    state_move(
        job,
        to=to,
        kind=Kind.RUNTIME_JOB_REPORTED,
        actor=actor,
        bundle=job.proposal.bundle.digest,
        data={
            "runtime": job.runtime.code,
            "status": str(to),
            "code": report.code or None,
            "exit_code": report.exit_code,
            "result": report.result_digest,
            "envelope": hashlib.sha256(report.envelope.encode()).hexdigest(),
            "order": job.order_digest,
        },
        private={"summary": report.summary},
        started_at=report.started_at,
        finished_at=report.finished_at,
        exit_code=report.exit_code,
        result_code=report.code,
        summary=report.summary,
        result=report.result,
        result_envelope=report.envelope,
        lease_expires_at=None,
    )


def _dry_run_take(job: Job, report: Report, actor: Actor) -> None:
    """Seal what the runtime saw and decide; a dry-run that failed is decided too, by the engine."""
    proposal, at = job.proposal, timezone.now()
    if proposal.status != Proposal.Status.REQUESTED:
        return
    active = active_contract(proposal.department)
    if active is None or active.release.bundle_id != proposal.bundle_id:
        proposal_stale(proposal, None, code="CONTRACT_CHANGED", actor=actor)
        return
    if report.status != "executed":
        proposal_decide(proposal, active, at=at, actor=actor, dry_run=engine.DryRun(ok=False, plan=""))
        return
    diff, preconditions = report.result.get("diff"), report.result.get("preconditions")
    if not isinstance(diff, list) or not isinstance(preconditions, list):
        raise InvalidError("A dry-run tells diff and preconditions.", errors={"result": ["diff, preconditions"]})
    try:
        plan_make(proposal, active, diff=diff, preconditions=preconditions, at=at, actor=actor)
    except engine.PlanError as error:
        raise InvalidError(f"The dry-run cannot be sealed: {error}.", errors={"result": [str(error)]}) from None
    proposal_decide(proposal, active, at=at, actor=actor)
