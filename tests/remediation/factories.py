"""An institution in which the shipped contract is in force, its people, and a runtime that signs what it says."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.utils import timezone

import remediation.contracts
from opsportal.core.actor import SYSTEM, Actor
from opsportal.core.canonical import canonical_bytes
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.models import Department, Institution
from opsportal.institutions.services import department_activate
from remediation import services
from remediation.dsse import RESULT, envelope_sign
from remediation.models import Job, Proposal, Runtime
from tests.institutions.factories import actor_make, institution_make

SHIPPED = Path(remediation.contracts.__file__).parent / "shipped" / "personal_ops@v1.0.0.idl"
CONTENT = {"size": 3, "sha256": hashlib.sha256(b"abc").hexdigest()}


@cache
def contract_text() -> str:
    """Return the shipped contract."""
    return SHIPPED.read_text(encoding="utf-8")


@dataclass
class FakeRuntime:
    """A runtime at the other end: it holds its own key, sees some files, and signs what it reports."""

    row: Runtime
    key: Ed25519PrivateKey
    files: dict[str, dict[str, Any]] = field(default_factory=dict)

    def order_of(self, job: Job) -> dict[str, Any]:
        """Return the payload of a job's order."""
        payload: dict[str, Any] = json.loads(base64.b64decode(json.loads(job.order)["payload"]))
        return payload

    def dry_run(self, job: Job) -> None:
        """Take the job, look at the files that it names, and report what would be done."""
        self.take(job)
        paths = self.order_of(job)["params"]["paths"]
        result = {
            "diff": [{"action": "delete", "path": path, "to": None} for path in paths],
            "preconditions": [{"path": path, "kind": "file", **CONTENT} for path in paths],
        }
        self.report(job, result=result)

    def take(self, job: Job) -> None:
        """Claim the job and begin it."""
        services.jobs_claim(runtime=self.row, limit=10)
        job.refresh_from_db()
        services.job_start(job=job, runtime=self.row)

    def report(self, job: Job, *, status: str = "executed", code: str = "", result: Any = None, **changes: Any) -> bool:
        """Report a result, signed."""
        return services.job_report(
            job=job, runtime=self.row, envelope=self.envelope(job, status=status, code=code, result=result, **changes)
        )

    def envelope(
        self, job: Job, *, status: str = "executed", code: str = "", result: Any = None, **changes: Any
    ) -> dict[str, Any]:
        """Return the signed result of a job."""
        now, told = int(timezone.now().timestamp()), result or {}
        payload = {
            "code": code,
            "exit_code": 0 if status == "executed" else 1,
            "finished_at": now,
            "job": str(job.code),
            "journal": {"hash": "0" * 64, "seq": 1},
            "order_digest": job.order_digest,
            "result": told,
            "result_sha256": hashlib.sha256(canonical_bytes(told)).hexdigest(),
            "runtime": str(self.row.code),
            "started_at": now,
            "status": status,
            "summary": "done",
            "v": 1,
            **changes,
        }
        text = envelope_sign(canonical_bytes(payload), kind=RESULT, key=self.key, keyid=str(self.row.code))
        envelope: dict[str, Any] = json.loads(text)
        return envelope


@dataclass
class Governed:
    """Everybody who is needed to have a file deleted."""

    institution: Institution
    department: Department
    owner: Actor
    executive: Actor
    runtime: FakeRuntime

    def asked(self, *, paths: list[str] | None = None, reason: str = "old", **changes: Any) -> Proposal:
        """Return a proposal of the owner to delete files, with its dry-run ordered."""
        key = changes.pop("idempotency_key", f"key-{Proposal.objects.count()}")
        return services.proposal_create(
            department=self.department,
            operation="files.delete",
            params={"paths": paths or ["a.txt"]},
            reason=reason,
            actor=changes.pop("actor", self.owner),
            idempotency_key=key,
            **changes,
        )

    def waiting(self, **changes: Any) -> Proposal:
        """Return a proposal whose plan is sealed and that waits for the executive."""
        proposal = self.asked(**changes)
        self.runtime.dry_run(Job.objects.get(proposal=proposal, mode="dry_run"))
        proposal.refresh_from_db()
        return proposal

    def voted(
        self, proposal: Proposal, *, actor: Actor | None = None, verdict: str = "approve", **changes: Any
    ) -> None:
        """Let the executive vote on the plan as it is."""
        services.approval_vote(
            approval=proposal.approval,
            actor=actor or self.executive,
            verdict=verdict,
            plan_digest=changes.pop("plan_digest", proposal.plan_digest),
            reason=changes.pop("reason", "looked at it"),
            **changes,
        )
        proposal.refresh_from_db()

    def ordered(self) -> Job:
        """Return the job of a proposal that was approved."""
        proposal = self.waiting()
        self.voted(proposal)
        return Job.objects.get(proposal=proposal, mode="execute")


def runtime_make(department: Department) -> FakeRuntime:
    """Enrol a runtime in ``department``."""
    key = Ed25519PrivateKey.generate()
    made = services.runtime_create(department=department, name="desk", actor=SYSTEM)
    row = services.runtime_enrol(
        token=made.token,
        public_key=key.public_key().public_bytes_raw().hex(),
        version="0.1.0",
        platform="test",
    )
    return FakeRuntime(row, key)


def governed_make(slug: str = "home") -> Governed:
    """Return an institution with the contract in force, an owner, an executive and a runtime."""
    institution = institution_make(slug)
    with institution_scope(institution.pk):
        department = department_activate(institution=institution, name="personal_ops", actor=SYSTEM)
        bundle = services.bundle_compile(institution=institution, source=contract_text(), actor=SYSTEM)
        services.bundle_release(department=department, bundle=bundle, actor=SYSTEM)
        return Governed(
            institution=institution,
            department=department,
            owner=actor_make(institution, Role.OWNER),
            executive=actor_make(institution, Role.EXECUTIVE_ADMIN),
            runtime=runtime_make(department),
        )
