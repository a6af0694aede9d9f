"""The API of governance for people and programs that act for them."""

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.response import Response

from findings.selectors import finding_get
from opsportal.core.errors import RefusedError
from opsportal.core.openapi import PAGE_PARAMETERS, problems
from opsportal.core.pages import page_of_request
from opsportal.core.serializers import body_read, listing, page_response, query_read, shown
from opsportal.institutions.access import Permission
from opsportal.institutions.endpoint import ApiRequest, endpoint
from remediation import selectors, services
from remediation.api.serializers import (
    ApprovalOut,
    ApprovalsQuery,
    BrakesIn,
    BrakesOut,
    BundleOut,
    DelegationIn,
    DelegationOut,
    JobDetailOut,
    JobOut,
    JobsQuery,
    LinkIn,
    LinkOut,
    OnboardedOut,
    OnboardIn,
    ParamsIn,
    ProposalDetailOut,
    ProposalIn,
    ProposalOut,
    ProposalsQuery,
    ReleaseIn,
    ReleaseOut,
    ReviewIn,
    RuntimeIn,
    RuntimeMadeOut,
    RuntimeOut,
    SourceIn,
    VoteIn,
)
from remediation.models import Brakes, Bundle, Proposal, Runtime
from remediation.onboarding import steps_of
from remediation.refusals import denial_raise
from remediation.stepup import STEP_UP, is_confirmed

KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "maxLength": 80},
    OpenApiParameter.HEADER,
    description="Repeating a request with the same key returns the first proposal.",
)
PERSONAL = "personal_ops"
_CREATED: dict[Any, Any] = {201: ProposalDetailOut, 202: ProposalDetailOut, **problems(409, 503)}


@extend_schema(methods=["GET"], parameters=[ProposalsQuery, *PAGE_PARAMETERS], responses=listing(ProposalOut))
@extend_schema(methods=["POST"], parameters=[KEY], request=ProposalIn, responses=_CREATED)
@endpoint(["GET", "POST"], Permission.PROPOSAL_READ)
def proposals(request: ApiRequest) -> Response:
    """List proposals, newest first; or ask for an operation.

    201: every gate passed and it is ordered. 202: it waits for its dry-run or for people. What the engine denied is a
    problem with the engine's code, and its proposal is kept.
    """
    if request.method == "POST":
        read = body_read(request, ProposalIn)
        return _proposed(request, read.pop("department"), read.pop("operation"), read)
    query = query_read(request, ProposalsQuery)
    rows = selectors.proposals_listed(
        statuses=query.get("status", ()), operation=query["operation"], case=query["case"]
    )
    page = page_of_request(request, rows)
    return page_response(request, page, shown(ProposalOut, page.items))


@extend_schema(responses=ProposalDetailOut)
@endpoint(["GET"], Permission.PROPOSAL_READ)
def proposal(request: ApiRequest, proposal_id: UUID) -> Response:
    """Tell one proposal, with its sealed plan."""
    return Response(ProposalDetailOut(selectors.proposal_get(proposal_id)).data)


@extend_schema(request=None, responses={200: ProposalDetailOut, **problems(409)})
@endpoint(["POST"], Permission.PROPOSAL_CREATE)
def proposal_withdraw(request: ApiRequest, proposal_id: UUID) -> Response:
    """Take my proposal back while nothing was ordered."""
    found = selectors.proposal_get(proposal_id)
    services.proposal_withdraw(proposal=found, actor=request.actor)
    return Response(ProposalDetailOut(selectors.proposal_get(proposal_id)).data)


@extend_schema(parameters=[KEY], request=ParamsIn, responses=_CREATED)
@endpoint(["POST"], Permission.PROPOSAL_CREATE)
def personal_files(request: ApiRequest, operation: str) -> Response:
    """Ask for an operation on files in the department `personal_ops`, such as `delete`."""
    return _proposed(request, PERSONAL, f"files.{operation}", body_read(request, ParamsIn))


@extend_schema(parameters=[KEY], request=ParamsIn, responses=_CREATED)
@endpoint(["POST"], Permission.PROPOSAL_CREATE)
def personal_archive(request: ApiRequest) -> Response:
    """Ask for an archive of files in the department `personal_ops`."""
    return _proposed(request, PERSONAL, "archive.create", body_read(request, ParamsIn))


@extend_schema(parameters=[ApprovalsQuery, *PAGE_PARAMETERS], responses=listing(ApprovalOut))
@endpoint(["GET"], Permission.PROPOSAL_READ)
def approvals(request: ApiRequest) -> Response:
    """List approvals, who waits longest first."""
    rows = selectors.approvals_listed(statuses=query_read(request, ApprovalsQuery).get("status", ()))
    page = page_of_request(request, rows, order=("pk",))
    return page_response(request, page, shown(ApprovalOut, page.items))


@extend_schema(responses=ApprovalOut)
@endpoint(["GET"], Permission.PROPOSAL_READ)
def approval(request: ApiRequest, approval_id: UUID) -> Response:
    """Tell one approval, with the plan that is voted on."""
    return Response(ApprovalOut(selectors.approval_get(approval_id)).data)


@extend_schema(request=VoteIn, responses={200: ApprovalOut, **problems(409, 410, 503)})
@endpoint(["POST"], Permission.APPROVAL_DECIDE)
def approval_decide(request: ApiRequest, approval_id: UUID) -> Response:
    """Vote on exactly one plan. The last vote that is needed orders the job; one rejection ends it.

    R3 takes a session in which the person has just proved who they are (`STEP_UP_REQUIRED`); a token never has.
    """
    found = selectors.approval_get(approval_id)
    read = body_read(request, VoteIn)
    _step_up_check(request, found.proposal)
    services.approval_vote(
        approval=found,
        actor=request.actor,
        verdict=read["decision"],
        plan_digest=read["plan_digest"],
        reason=read["reason"],
        via="api",
    )
    return Response(ApprovalOut(selectors.approval_get(approval_id)).data)


@extend_schema(request=LinkIn, responses={201: LinkOut, **problems(409)})
@endpoint(["POST"], Permission.APPROVAL_DECIDE)
def approval_link(request: ApiRequest, approval_id: UUID) -> Response:
    """Make a link by which one person can decide about an approval, once, without logging in."""
    found = selectors.approval_get(approval_id)
    user = selectors.person_get(body_read(request, LinkIn)["username"])
    made = services.link_create(approval=found, user=user, actor=request.actor)
    url = request.build_absolute_uri(reverse("approval_link", args=[made.token]))
    return Response(LinkOut(made.link, context={"url": url}).data, status=status.HTTP_201_CREATED)


@extend_schema(methods=["GET"], parameters=PAGE_PARAMETERS, responses=listing(DelegationOut))
@extend_schema(methods=["POST"], request=DelegationIn, responses={201: DelegationOut})
@endpoint(["GET", "POST"], Permission.PROPOSAL_READ)
def delegations(request: ApiRequest) -> Response:
    """List delegations, newest first; or let somebody vote in my place."""
    if request.method == "POST":
        read = body_read(request, DelegationIn)
        made = services.delegation_create(
            institution_id=request.institution.pk,
            role=read["role"],
            to_user=selectors.person_get(read["username"]),
            until=read["until"],
            actor=request.actor,
        )
        return Response(DelegationOut(made).data, status=status.HTTP_201_CREATED)
    page = page_of_request(request, selectors.delegations_listed())
    return page_response(request, page, shown(DelegationOut, page.items))


@extend_schema(request=None, responses=DelegationOut)
@endpoint(["POST"], Permission.PROPOSAL_READ)
def delegation_end(request: ApiRequest, delegation_id: UUID) -> Response:
    """End a delegation that concerns me."""
    found = selectors.delegation_get(delegation_id)
    return Response(DelegationOut(services.delegation_end(delegation=found, actor=request.actor)).data)


@extend_schema(request=ReviewIn, responses={200: ProposalDetailOut, **problems(409)})
@endpoint(["POST"], Permission.APPROVAL_DECIDE)
def proposal_review(request: ApiRequest, proposal_id: UUID) -> Response:
    """Review an emergency that somebody else invoked; until then they cannot invoke another."""
    found = selectors.proposal_get(proposal_id)
    read = body_read(request, ReviewIn)
    services.emergency_review(proposal=found, actor=request.actor, verdict=read["verdict"], note=read["note"])
    return Response(ProposalDetailOut(selectors.proposal_get(proposal_id)).data)


@extend_schema(parameters=[JobsQuery, *PAGE_PARAMETERS], responses=listing(JobOut))
@endpoint(["GET"], Permission.PROPOSAL_READ)
def jobs(request: ApiRequest) -> Response:
    """List jobs, newest first; `mode` tells executions from dry-runs."""
    query = query_read(request, JobsQuery)
    page = page_of_request(request, selectors.jobs_listed(statuses=query.get("status", ()), mode=query["mode"]))
    return page_response(request, page, shown(JobOut, page.items))


@extend_schema(responses=JobDetailOut)
@endpoint(["GET"], Permission.PROPOSAL_READ)
def job(request: ApiRequest, job_id: UUID) -> Response:
    """Tell one job, with its signed order and result."""
    return Response(JobDetailOut(selectors.job_get(job_id)).data)


@extend_schema(request=None, responses={200: JobDetailOut, **problems(409)})
@endpoint(["POST"], Permission.APPROVAL_DECIDE)
def job_cancel(request: ApiRequest, job_id: UUID) -> Response:
    """Cancel a job that no runtime has taken yet."""
    services.job_cancel(job=selectors.job_get(job_id), actor=request.actor)
    return Response(JobDetailOut(selectors.job_get(job_id)).data)


@extend_schema(methods=["GET"], parameters=PAGE_PARAMETERS, responses=listing(BundleOut))
@extend_schema(methods=["POST"], request=SourceIn, responses={201: BundleOut})
@endpoint(["GET", "POST"], Permission.CONTRACT_READ)
def bundles(request: ApiRequest) -> Response:
    """List compiled contracts, newest first; or compile one. Compiling activates nothing."""
    if request.method == "POST":
        source = body_read(request, SourceIn)["source"]
        made = services.bundle_compile(institution=request.institution, source=source, actor=request.actor)
        return Response(BundleOut(made).data, status=status.HTTP_201_CREATED)
    page = page_of_request(request, Bundle.objects.all())
    return page_response(request, page, shown(BundleOut, page.items))


@extend_schema(methods=["GET"], parameters=PAGE_PARAMETERS, responses=listing(ReleaseOut))
@extend_schema(methods=["POST"], request=ReleaseIn, responses={201: ReleaseOut, **problems(409)})
@endpoint(["GET", "POST"], Permission.CONTRACT_READ)
def releases(request: ApiRequest) -> Response:
    """List releases, newest first; or make a bundle the contract of a department. An older bundle rolls back."""
    if request.method == "POST":
        read = body_read(request, ReleaseIn)
        made = services.bundle_release(
            department=selectors.department_get(read["department"]),
            bundle=selectors.bundle_get(read["bundle"]),
            impact_digest=read["impact_digest"],
            actor=request.actor,
        )
        return Response(ReleaseOut(made).data, status=status.HTTP_201_CREATED)
    page = page_of_request(request, selectors.releases_listed())
    return page_response(request, page, shown(ReleaseOut, page.items))


@extend_schema(methods=["GET"], parameters=PAGE_PARAMETERS, responses=listing(RuntimeOut))
@extend_schema(methods=["POST"], request=RuntimeIn, responses={201: RuntimeMadeOut})
@endpoint(["GET", "POST"], Permission.RUNTIME_READ)
def runtimes(request: ApiRequest) -> Response:
    """List runtimes; or make room for one. The answer to that has the token that enrols it, shown once."""
    if request.method == "POST":
        read = body_read(request, RuntimeIn)
        made = services.runtime_create(
            department=selectors.department_get(read["department"]), name=read["name"], actor=request.actor
        )
        context = {**_online(), "token": made.token}
        return Response(RuntimeMadeOut(made.runtime, context=context).data, status=status.HTTP_201_CREATED)
    page = page_of_request(request, selectors.runtimes_listed(), order=("pk",))
    return page_response(request, page, shown(RuntimeOut, page.items, **_online()))


@extend_schema(responses=RuntimeOut)
@endpoint(["GET"], Permission.RUNTIME_READ)
def runtime(request: ApiRequest, runtime_id: UUID) -> Response:
    """Tell one runtime as it was heard last."""
    return Response(RuntimeOut(selectors.runtime_get(runtime_id), context=_online()).data)


@extend_schema(request=None, responses=RuntimeOut)
@endpoint(["POST"], Permission.RUNTIME_MANAGE)
def runtime_revoke(request: ApiRequest, runtime_id: UUID) -> Response:
    """End a runtime for good."""
    found = services.runtime_revoke(runtime=selectors.runtime_get(runtime_id), actor=request.actor)
    return Response(RuntimeOut(found, context=_online()).data)


@extend_schema(request=OnboardIn, responses={201: OnboardedOut})
@endpoint(["POST"], Permission.SETTINGS_MANAGE)
def onboarding(request: ApiRequest) -> Response:
    """Govern a department in one call: activate it, put its contract in force, make room for a runtime.

    Repeating it finishes what a crash left open and duplicates nothing; the token of a runtime that is not enrolled
    yet is made anew.
    """
    read = body_read(request, OnboardIn)
    made = services.department_onboard(institution=request.institution, actor=request.actor, **read)
    answer = {
        "institution_id": request.institution.pk,
        "actor_token": made.token,
        "engine_base_url": request.build_absolute_uri("/").rstrip("/"),
        "runtime_id": made.runtime.code,
        "contract": made.release.bundle.contract,
        "bundle": made.release.pin,
        "steps": steps_of(made.department.name, timezone.now()),
    }
    return Response(OnboardedOut(answer).data, status=status.HTTP_201_CREATED)


@extend_schema(responses=BrakesOut)
@endpoint(["GET"], Permission.PROPOSAL_READ)
def brakes(request: ApiRequest) -> Response:
    """Say what holds every action back, if anything."""
    return _brakes(Brakes.objects.first() or Brakes())


@extend_schema(request=BrakesIn, responses=BrakesOut)
@endpoint(["POST"], Permission.BRAKES_PULL)
def emergency_stop(request: ApiRequest) -> Response:
    """Pull the emergency stop, or release it. What runs already is not killed."""
    read = body_read(request, BrakesIn)
    return _brakes(
        services.brakes_stop(
            institution=request.institution, is_stopped=read["active"], reason=read["reason"], actor=request.actor
        )
    )


@extend_schema(request=BrakesIn, responses=BrakesOut)
@endpoint(["POST"], Permission.BRAKES_PULL)
def freeze(request: ApiRequest) -> Response:
    """Freeze every action, or end that."""
    read = body_read(request, BrakesIn)
    return _brakes(
        services.brakes_freeze(
            institution=request.institution, is_frozen=read["active"], reason=read["reason"], actor=request.actor
        )
    )


def _step_up_check(request: ApiRequest, proposal: Proposal) -> None:
    if proposal.risk not in STEP_UP:
        return
    if request.auth is not None or not is_confirmed(request._request):  # noqa: SLF001  the request with the session
        raise RefusedError("Prove once more who you are, on the page of the proposal.", code="STEP_UP_REQUIRED")


def _proposed(request: ApiRequest, department: str, operation: str, read: dict[str, object]) -> Response:
    runtime_id, finding_id = read.get("runtime"), read.get("finding")
    made = services.proposal_create(
        department=selectors.department_get(department),
        operation=operation,
        params=read["params"],  # type: ignore[arg-type]  # the serializer made it an object
        reason=str(read["reason"]),
        runtime=selectors.runtime_get(runtime_id) if isinstance(runtime_id, UUID) else None,
        finding=finding_get(finding_id) if isinstance(finding_id, UUID) else None,
        emergency=str(read.get("emergency", "")),
        idempotency_key=request.headers.get("Idempotency-Key", ""),
        actor=request.actor,
    )
    denial_raise(made)
    is_ordered = made.status == Proposal.Status.APPROVED
    answered = ProposalDetailOut(selectors.proposal_get(made.code)).data
    return Response(answered, status=status.HTTP_201_CREATED if is_ordered else status.HTTP_202_ACCEPTED)


def _brakes(found: Brakes) -> Response:
    return Response(
        BrakesOut(
            {
                "is_stopped": found.stopped_at is not None,
                "is_frozen": found.frozen_at is not None,
                "safe_mode": found.safe_mode,
            }
        ).data
    )


def _online() -> dict[str, object]:
    at = timezone.now()
    return {
        "online": lambda one: isinstance(one, Runtime) and one.status == "active" and not selectors.is_silent(one, at)
    }
