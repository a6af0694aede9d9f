"""What stops everything at once."""

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_POST

from opsportal.core.errors import UnparsableError
from opsportal.core.http import PortalRequest
from opsportal.institutions.access import Permission
from opsportal.institutions.web import requires
from remediation.services import brakes_freeze, brakes_stop
from remediation.views.page import go, institution_of


@requires(Permission.BRAKES_PULL)
@require_POST
def stop(request: PortalRequest) -> HttpResponseBase:
    """Pull the emergency stop, or release it."""
    brakes_stop(
        institution=institution_of(request), is_stopped=_is_on(request), reason=_reason(request), actor=request.actor
    )
    return _back(request)


@requires(Permission.BRAKES_PULL)
@require_POST
def freeze(request: PortalRequest) -> HttpResponseBase:
    """Freeze every action, or end that."""
    brakes_freeze(
        institution=institution_of(request), is_frozen=_is_on(request), reason=_reason(request), actor=request.actor
    )
    return _back(request)


def _is_on(request: PortalRequest) -> bool:
    active = request.POST.get("active", "")
    if active not in {"1", "0"}:
        raise UnparsableError("Say whether it begins or ends.", errors={"active": ["1 or 0"]})
    return active == "1"


def _reason(request: PortalRequest) -> str:
    return request.POST.get("reason", "").replace("\0", "").strip()[:500]


def _back(request: PortalRequest) -> HttpResponseBase:
    return go(request, reverse("remediation:approvals", args=[request.institution.slug]))
