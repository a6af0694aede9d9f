"""The programs on the machines: whether they live, and how one comes and goes."""

from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from opsportal.core.http import PortalRequest
from opsportal.institutions.access import Permission
from opsportal.institutions.models import Department
from opsportal.institutions.web import requires
from remediation import selectors, services
from remediation.forms import RuntimeForm
from remediation.machines import command_of, runtime_state
from remediation.services.runtimes import ENROL_WITHIN
from remediation.views.page import go, show

JOBS = 10


@requires(Permission.RUNTIME_READ)
@require_safe
def runtime_list(request: PortalRequest) -> HttpResponse:
    """List the runtimes with what their heartbeats say."""
    at = timezone.now()
    rows = [{"runtime": one, "state": runtime_state(one, at)} for one in selectors.runtimes_listed()]
    return show(request, "remediation/runtimes.html", {"rows": rows})


@requires(Permission.RUNTIME_READ)
@require_safe
def runtime(request: PortalRequest, code: UUID) -> HttpResponse:
    """Show one runtime: where it works, what it can, and what it did last."""
    found = selectors.runtime_get(code)
    jobs = selectors.jobs_listed().filter(runtime=found).defer("order", "result", "result_envelope")[:JOBS]
    context = {"runtime": found, "state": runtime_state(found, timezone.now()), "jobs": jobs}
    return show(request, "remediation/runtime.html", context)


@requires(Permission.RUNTIME_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def runtime_new(request: PortalRequest) -> HttpResponse:
    """Make room for a runtime; its token and the command that uses it are in the answer, and never again."""
    names = list(Department.objects.filter(is_active=True).order_by("name").values_list("name", flat=True))
    form = RuntimeForm(request.POST if request.method == "POST" else None, departments=names)
    if request.method != "POST" or not form.is_valid():
        return show(request, "remediation/runtime_new.html", {"form": form, "departments": names})
    made = services.runtime_create(
        department=selectors.department_get(form.cleaned_data["department"]),
        name=form.cleaned_data["name"],
        actor=request.actor,
    )
    address = request.build_absolute_uri("/").rstrip("/")
    context = {
        "runtime": made.runtime,
        "token": made.token,
        "command": command_of(made.runtime, made.token, address),
        "expires_at": made.runtime.enrol_expires_at,
        "within_days": ENROL_WITHIN.days,
    }
    response = show(request, "remediation/runtime_made.html", context)
    response["Cache-Control"] = "no-store"
    return response


@requires(Permission.RUNTIME_MANAGE)
@require_POST
def runtime_revoke(request: PortalRequest, code: UUID) -> HttpResponseBase:
    """End a runtime for good."""
    found = selectors.runtime_get(code)
    services.runtime_revoke(runtime=found, actor=request.actor)
    return go(request, reverse("remediation:runtime", args=[request.institution.slug, found.code]))
