"""What runtimes ask. Every request but the first is signed with the runtime's own key."""

from collections.abc import Callable
from functools import wraps
from json import loads
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.models import Checkpoint
from opsportal.core.openapi import problems
from opsportal.core.scope import institution_scope
from opsportal.core.serializers import body_read
from opsportal.institutions.endpoint import public_endpoint
from remediation import services
from remediation.api.serializers import BeatIn, ClaimIn, EnrolIn, EnvelopeIn, JournalIn, OutputIn
from remediation.models import Brakes, Job, OrderKey, Release, Runtime
from remediation.selectors import job_of_runtime
from remediation.services.leases import HEARTBEAT, LEASE
from remediation.services.reports import output_add
from remediation.signed_requests import runtime_of_request

View = Callable[..., Any]
_SIGNED: Any = [{"runtime": []}]
OBJECT = {"type": "object", "additionalProperties": True}


def runtime_endpoint(view: View) -> View:
    """Make an API view that an active runtime may call; it gets the runtime that signed, in the runtime's institution."""

    @wraps(view)
    def guarded(request: Request, **address: Any) -> Response:
        runtime = runtime_of_request(request._request)  # noqa: SLF001  DRF's own name for the request that was signed
        with institution_scope(runtime.institution_id):
            answer: Response = view(request, runtime, **address)
            return answer

    return public_endpoint(["POST"], is_limited=False)(guarded)


@extend_schema(auth=[{"actor_token": []}], request=EnrolIn, responses={201: OBJECT, **problems(401)})  # type: ignore[list-item]  # the stub takes names only
@public_endpoint(["POST"])
def runtime_enrol(request: Request) -> Response:
    """Enrol a runtime: register its public key. The header `X-Actor-Token` carries the single-use token."""
    read = body_read(request, EnrolIn)
    runtime = services.runtime_enrol(
        token=request.headers.get("X-Actor-Token", ""),
        public_key=read["public_key"],
        version=read["version"],
        platform=read["platform"],
    )
    with institution_scope(runtime.institution_id):
        release = (
            Release.objects.select_related("bundle").filter(department=runtime.department, status="active").first()
        )
        answer = {
            "runtime_id": str(runtime.code),
            "institution_id": str(runtime.institution_id),
            "department": runtime.department.name,
            "order_keys": _order_keys(),
            "lease_seconds": int(LEASE.total_seconds()),
            "heartbeat_seconds": int(HEARTBEAT.total_seconds()),
            "contract": release.bundle.contract if release else "",
            "bundle": release.pin if release else "",
            "server_time": int(timezone.now().timestamp()),
        }
    return Response(answer, status=status.HTTP_201_CREATED)


@extend_schema(auth=_SIGNED, request=BeatIn, responses={200: OBJECT, **problems(401)})
@runtime_endpoint
def runtime_heartbeat(request: Request, runtime: Runtime) -> Response:
    """Say that a runtime lives; the answer has the keys that sign orders and the last signed checkpoint."""
    read = body_read(request, BeatIn)
    services.runtime_beat(
        runtime=runtime,
        version=read["version"],
        root=read["root"],
        capabilities=read.get("capabilities", []),
        journal_seq=read["journal"]["seq"],
        journal_hash=read["journal"]["hash"],
    )
    checkpoint = Checkpoint.objects.order_by("-size").first()
    brakes = Brakes.objects.filter(institution_id=runtime.institution_id).first()
    return Response(
        {
            "server_time": int(timezone.now().timestamp()),
            "order_keys": _order_keys(),
            "checkpoint": checkpoint.note if checkpoint else "",
            "is_stopped": bool(brakes and brakes.stopped_at),
        }
    )


@extend_schema(auth=_SIGNED, request=ClaimIn, responses={200: OBJECT, **problems(401)})
@runtime_endpoint
def runtime_claim(request: Request, runtime: Runtime) -> Response:
    """Take waiting orders under a lease, each to one claim only."""
    jobs = services.jobs_claim(runtime=runtime, limit=body_read(request, ClaimIn)["limit"])
    return Response({"orders": [loads(job.order) for job in jobs]})


@extend_schema(auth=_SIGNED, request=None, responses={200: OBJECT, **problems(401, 404, 409)})
@runtime_endpoint
def runtime_job_start(request: Request, runtime: Runtime, job_id: UUID) -> Response:
    """Begin a job; 409 when its lease is lost."""
    return _lease(services.job_start(job=job_of_runtime(runtime, job_id), runtime=runtime))


@extend_schema(auth=_SIGNED, request=None, responses={200: OBJECT, **problems(401, 404, 409)})
@runtime_endpoint
def runtime_job_renew(request: Request, runtime: Runtime, job_id: UUID) -> Response:
    """Lengthen the lease of a job; 409 when it is lost."""
    return _lease(services.job_renew(job=job_of_runtime(runtime, job_id), runtime=runtime))


@extend_schema(auth=_SIGNED, request=OutputIn, responses={200: OBJECT, **problems(401, 404, 409)})
@runtime_endpoint
def runtime_job_output(request: Request, runtime: Runtime, job_id: UUID) -> Response:
    """Send a piece of what a job says; the answer tells where the next begins."""
    read = body_read(request, OutputIn)
    job = job_of_runtime(runtime, job_id)
    return Response({"offset": output_add(job=job, runtime=runtime, offset=read["offset"], text=read["text"])})


@extend_schema(auth=_SIGNED, request=EnvelopeIn, responses={200: OBJECT, **problems(401, 404, 409)})
@runtime_endpoint
def runtime_job_report(request: Request, runtime: Runtime, job_id: UUID) -> Response:
    """Report the signed result of a job; the same again is not recorded, another one is 409."""
    envelope = body_read(request, EnvelopeIn)
    recorded = services.job_report(job=job_of_runtime(runtime, job_id), runtime=runtime, envelope=envelope)
    return Response({"success": True, "recorded": recorded})


@extend_schema(auth=_SIGNED, request=JournalIn, responses={200: OBJECT, **problems(401, 409)})
@runtime_endpoint
def runtime_journal(request: Request, runtime: Runtime) -> Response:
    """Send lines of the runtime's own journal; the answer tells up to which one the portal has them."""
    read = body_read(request, JournalIn)
    seq = services.journal_take(runtime=runtime, lines=read["lines"], from_seq=read["from_seq"])
    return Response({"seq": seq})


def _lease(job: Job) -> Response:
    assert job.lease_expires_at is not None  # noqa: S101  narrows the type: it was just leased
    return Response({"lease_expires_at": int(job.lease_expires_at.timestamp())})


def _order_keys() -> list[dict[str, str]]:
    """Return every key that a waiting order may be signed with: the one in use, and those before it."""
    return [{"kid": key.kid, "public": key.public} for key in OrderKey.objects.all()[:5]]
