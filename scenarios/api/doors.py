"""The addresses that need no member: health, heartbeats, and the tick with its token."""

import hmac
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import content_negotiation_class
from rest_framework.request import Request
from rest_framework.response import Response

from opsportal.core.errors import NotAuthenticatedError
from opsportal.core.negotiation import AnyAccept
from opsportal.core.openapi import problems
from opsportal.core.throttle import failure_note, failures_check
from opsportal.institutions.endpoint import public_endpoint
from opsportal.institutions.throttle import address_of
from scenarios.actors import TICK_ACTORS
from scenarios.api.serializers import HealthOut, TickOut
from scenarios.health import health_at
from scenarios.models import Tick
from scenarios.services import heartbeat_ping, tick_run

TICK_FAILURES_MOST = 10  # per address and minute


@extend_schema(responses=HealthOut)
@public_endpoint(["GET"])
def health(request: Request) -> Response:
    """Say whether the portal is at work, and nothing about what it watches."""
    return Response(HealthOut(health_at(timezone.now())).data)


@extend_schema(request=None, responses={204: None, **problems(404)})
@public_endpoint(["GET", "POST"], is_limited=False)  # many machines call from behind one address
@content_negotiation_class(AnyAccept)
def heartbeat(request: Request, code: UUID) -> Response:
    """Hear a job that promised to call. HEAD, GET and POST do the same, so that every client can call.

    The address is a secret: it alone says which heartbeat it is. Programs that open links to preview them
    would be heard as well, so do not post it where they look.
    """
    heartbeat_ping(code=code, at=timezone.now())
    return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(
    auth=[{"internal": []}],  # type: ignore[list-item]  # the stub takes names only
    request=None,
    responses={200: TickOut, **problems(401, 409, 423, 429)},
)
@public_endpoint(["POST"], is_limited=False)  # counts wrong tokens itself
def internal_tick(request: Request) -> Response:
    """Look at every enabled scenario of every institution now; 409 `TICK_RUNNING` while another round runs."""
    _internal_token_check(request)
    result = tick_run(trigger=Tick.Trigger.ENDPOINT, actor=TICK_ACTORS[Tick.Trigger.ENDPOINT], everything=True)
    answer = {
        "ok": result.tick.status == Tick.Status.COMPLETED,
        "tick_id": result.tick.code,
        "kb_indexed": 0,
        "runs": result.runs,
        "total": len(result.runs),
    }
    return Response(TickOut(answer).data)


def _internal_token_check(request: Request) -> None:
    """Raise NotAuthenticatedError unless the token came along, ThrottledError after too many wrong ones."""
    who = address_of(request)
    failures_check("internal-tick", who, most=TICK_FAILURES_MOST)
    expected, offered = settings.INTERNAL_TOKEN, request.headers.get("X-Ops-Internal-Token", "")
    if expected and hmac.compare_digest(offered.encode(), expected.encode()):
        return
    failure_note("internal-tick", who)
    raise NotAuthenticatedError("X-Ops-Internal-Token is missing or wrong.", code="INTERNAL_TOKEN_INVALID")
