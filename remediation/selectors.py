"""Reads: contracts, proposals, approvals, jobs, runtimes."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from opsportal.core.errors import NotFoundError
from opsportal.institutions.models import Department, Member, User
from remediation.models import Approval, Bundle, Delegation, Job, Proposal, Release, Runtime

SILENT_AFTER = timedelta(minutes=2)
"""A runtime that was not heard for this long is shown as offline: four heartbeats."""


def proposals_listed(
    *, statuses: Collection[str] = (), operation: str = "", requester: str = "", case: UUID | None = None
) -> QuerySet[Proposal]:
    """Return proposals with what a row shows; what is left out does not restrict."""
    rows = Proposal.objects.select_related("department", "runtime", "requested_by", "institution", "bundle", "approval")
    wanted = {"operation": operation, "requester_id": requester, "case": case}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    return rows.filter(status__in=statuses) if statuses else rows


def proposal_get(code: UUID) -> Proposal:
    """Return one proposal with all that its page shows; raise NotFoundError."""
    rows = proposals_listed().select_related("finding")
    found = rows.prefetch_related("approval__votes__voter", "jobs").filter(code=code).first()
    if found is None:
        raise NotFoundError("There is no such proposal.")
    return found


def approvals_listed(*, statuses: Collection[str] = ()) -> QuerySet[Approval]:
    """Return approvals, the oldest first: who waits longest is answered first."""
    rows = Approval.objects.select_related(
        "proposal__department", "proposal__runtime", "proposal__requested_by", "proposal__institution"
    ).prefetch_related("votes__voter")
    return rows.filter(status__in=statuses) if statuses else rows


def approval_get(code: UUID) -> Approval:
    """Return one approval; raise NotFoundError."""
    found = approvals_listed().filter(code=code).first()
    if found is None:
        raise NotFoundError("There is no such approval.")
    return found


def approvals_owed(roles: Collection[str], person: str) -> list[Approval]:
    """Return what waits for the vote of ``person`` with ``roles``: not their own, not voted on yet."""
    waiting = (
        approvals_listed(statuses=[Approval.Status.PENDING])
        .exclude(proposal__requester_id=person)
        .exclude(proposal__requested_by__code=person)
        .exclude(votes__voter__code=person)
    )
    return [one for one in waiting if any(set(stage["roles"]) & set(roles) for stage in one.stages)]


def jobs_listed(*, statuses: Collection[str] = (), mode: str = "") -> QuerySet[Job]:
    """Return jobs with what a row shows; what is left out does not restrict."""
    rows = Job.objects.select_related("proposal__department", "proposal__requested_by", "runtime", "institution")
    if statuses:
        rows = rows.filter(status__in=statuses)
    return rows.filter(mode=mode) if mode else rows


def job_get(code: UUID) -> Job:
    """Return one job with all that its page shows; raise NotFoundError."""
    rows = jobs_listed().select_related("approval", "proposal__bundle", "proposal__runtime")
    found = rows.filter(code=code).first()
    if found is None:
        raise NotFoundError("There is no such job.")
    return found


def job_of_runtime(runtime: Runtime, code: UUID) -> Job:
    """Return a job that was ordered from ``runtime``; raise NotFoundError for everybody else's."""
    rows = Job.objects.select_related("proposal__bundle", "runtime")
    found = rows.filter(code=code, runtime=runtime).first()
    if found is None:
        raise NotFoundError("There is no such job.")
    return found


def output_of(job: Job, *, offset: int = 0) -> str:
    """Return what ``job`` has said from ``offset`` on."""
    text = "".join(piece.text for piece in job.output.order_by("offset"))
    return text[offset:]


def runtimes_listed() -> QuerySet[Runtime]:
    """Return runtimes, revoked ones last."""
    return Runtime.objects.select_related("department").order_by("status", "id")


def runtime_get(code: UUID) -> Runtime:
    """Return one runtime; raise NotFoundError."""
    found = runtimes_listed().filter(code=code).first()
    if found is None:
        raise NotFoundError("There is no such runtime.")
    return found


def runtimes_named(codes: Collection[str]) -> Mapping[str, str]:
    """Return the names of the runtimes with these codes, in one query."""
    return {str(code): name for code, name in Runtime.objects.filter(code__in=codes).values_list("code", "name")}


def is_silent(runtime: Runtime, at: datetime) -> bool:
    """Return True when an active runtime was not heard lately: it is offline, and must be shown so."""
    return runtime.last_seen_at is None or at - runtime.last_seen_at > SILENT_AFTER


def department_get(name: str) -> Department:
    """Return the department ``name``; raise NotFoundError."""
    found = Department.objects.select_related("institution").filter(name=name).first()
    if found is None:
        raise NotFoundError(f"There is no department {name!r}.")
    return found


def person_get(username: str) -> User:
    """Return the active member called ``username``; raise NotFoundError, also for people of elsewhere."""
    member = Member.objects.select_related("user").filter(user__username=username, is_active=True).first()
    if member is None:
        raise NotFoundError(f"Nobody here is called {username!r}.")
    return member.user


def delegations_listed() -> QuerySet[Delegation]:
    """Return delegations, newest first."""
    return Delegation.objects.select_related("from_user", "to_user")


def delegation_get(code: UUID) -> Delegation:
    """Return one delegation; raise NotFoundError."""
    found = delegations_listed().filter(code=code).first()
    if found is None:
        raise NotFoundError("There is no such delegation.")
    return found


def bundle_get(code: UUID) -> Bundle:
    """Return one bundle; raise NotFoundError."""
    found = Bundle.objects.filter(code=code).first()
    if found is None:
        raise NotFoundError("There is no such bundle.")
    return found


def releases_listed(department: Department | None = None) -> QuerySet[Release]:
    """Return releases, newest first."""
    rows = Release.objects.select_related("bundle", "department")
    return rows.filter(department=department) if department else rows


def release_get(code: UUID) -> Release:
    """Return one release; raise NotFoundError."""
    found = releases_listed().filter(code=code).first()
    if found is None:
        raise NotFoundError("There is no such release.")
    return found


def releases_active() -> Sequence[Release]:
    """Return what is in force, by department."""
    return list(releases_listed().filter(Q(status=Release.Status.ACTIVE)).order_by("department__name"))
