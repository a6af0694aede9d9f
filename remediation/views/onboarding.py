"""The way to a governed department, step by step; what is done is read from what is there."""

from collections.abc import Mapping

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from opsportal.core.errors import ConflictError
from opsportal.core.http import PortalRequest
from opsportal.institutions.access import Permission
from opsportal.institutions.web import requires
from remediation import services
from remediation.machines import command_of
from remediation.onboarding import steps_of
from remediation.services.runtimes import ENROL_WITHIN
from remediation.views.page import institution_of, show

DEPARTMENT = "personal_ops"

# What a step is, and what to do when it is not done.
_WORDS: Mapping[str, tuple[Promise, Promise]] = {
    "department": (_("The department is active"), _("Begin below: one button does this and the next two.")),
    "contract": (
        _("Its contract is in force"),
        _("Begin below: the shipped contract is compiled, verified, released."),
    ),
    "owner": (_("Somebody is its owner"), _("Give a member the role owner, under Admin, Members.")),
    "approver": (
        _("A second person can approve"),
        _("Give another member the role executive_admin: whoever asks never approves."),
    ),
    "runtime": (_("There is room for a machine"), _("Begin below: its token is shown once.")),
    "enrolled": (_("The machine is enrolled"), _("Run the command with the token on the machine.")),
    "online": (_("The machine is heard"), _("Start it there: ops-runtime run.")),
    "executed": (_("A first operation was executed"), _("Propose one: list the files of the machine's folder.")),
}


@requires(Permission.SETTINGS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def onboarding(request: PortalRequest) -> HttpResponse:
    """Show the steps; a POST does those that the portal can do, and shows the machine's token once."""
    if request.method == "POST":
        return _begun(request)
    at = timezone.now()
    found = steps_of(DEPARTMENT, at)
    steps = [{"step": step, "words": _WORDS[step.name][0], "hint": _WORDS[step.name][1]} for step in found]
    done = sum(step.is_done for step in found)
    context = {"steps": steps, "done": done, "department": DEPARTMENT}
    return show(request, "remediation/onboarding.html", context)


def _begun(request: PortalRequest) -> HttpResponse:
    made = services.department_onboard(
        institution=institution_of(request),
        department=DEPARTMENT,
        runtime_name=request.POST.get("runtime_name", ""),
        actor=request.actor,
    )
    if made.token is None:
        said = gettext("A machine of this name is enrolled already: give this one another name.")
        raise ConflictError(said, code="ENROLLED")
    address = request.build_absolute_uri("/").rstrip("/")
    context = {
        "runtime": made.runtime,
        "token": made.token,
        "command": command_of(made.runtime, made.token, address),
        "expires_at": timezone.now() + ENROL_WITHIN,
        "within_days": ENROL_WITHIN.days,
        "back": reverse("remediation:onboarding", args=[request.institution.slug]),
    }
    response = show(request, "remediation/runtime_made.html", context)
    response["Cache-Control"] = "no-store"
    return response
