"""What every page of governance has in common: what holds everything back, and what its reader may do."""

from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from opsportal.core.http import PortalRequest
from opsportal.institutions.access import Permission
from opsportal.institutions.models import Institution
from remediation.held import held_now

_VERBS = {
    "ask": Permission.PROPOSAL_CREATE,
    "decide": Permission.APPROVAL_DECIDE,
    "release": Permission.CONTRACT_RELEASE,
    "manage": Permission.RUNTIME_MANAGE,
    "brake": Permission.BRAKES_PULL,
    "see_ledger": Permission.LEDGER_READ,
    "export": Permission.LEDGER_EXPORT,
    "see_ops": Permission.OPS_READ,
    "see_runtimes": Permission.RUNTIME_READ,
}


def show(request: PortalRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """Draw a page, with what holds everything back and what its reader may do."""
    may = {verb: permission in request.permissions for verb, permission in _VERBS.items()}
    return render(request, template, {**context, "held": held_now(), "may": may})


def go(request: PortalRequest, url: str) -> HttpResponseBase:
    """Send the browser to another page, whoever asked: htmx or the browser itself."""
    if not request.htmx:
        return redirect(url)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = url
    return response


def institution_of(request: PortalRequest) -> Institution:
    """Return the institution itself, for services that need more of it than a page."""
    assert isinstance(request.institution, Institution)  # noqa: S101  narrows the type
    return request.institution
