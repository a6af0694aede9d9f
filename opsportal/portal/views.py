"""The pages of the shell itself: where to go, what is now, and what people set for themselves."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from agents.roster import inboxes_for
from agents.selectors import inbox_waiting
from opsportal.core.http import PortalRequest
from opsportal.institutions.access import Permission
from opsportal.institutions.models import User
from opsportal.institutions.selectors import access_list, institutions_broken
from opsportal.institutions.web import requires, signed_in
from opsportal.portal import services
from opsportal.portal.selectors import governing_now, portal_health, standing_now


def person(request: HttpRequest) -> User:
    """Return who is logged in; the view is marked ``signed_in``."""
    assert isinstance(request.user, User)  # noqa: S101  narrows the type
    return request.user


@signed_in
@require_safe
def home(request: HttpRequest) -> HttpResponseBase:
    """Go to the only institution (the installation's own one beside it does not count), or ask which."""
    mine = access_list(person(request))
    likely = [access.institution for access in mine if not access.institution.is_system or len(mine) == 1]
    if len(likely) == 1:
        return redirect("portal:now", slug=likely[0].slug)
    return render(request, "portal/home.html", {"mine": mine})


@signed_in
@require_safe
def institutions(request: HttpRequest) -> HttpResponseBase:
    """List where this person can go: the content of the switcher."""
    return render(request, "portal/_institutions.html", {"mine": access_list(person(request))})


@signed_in
@require_POST
def theme(request: HttpRequest) -> HttpResponseBase:
    """Take the theme that the person chose and show the page again."""
    services.theme_set(user=person(request), theme=request.POST.get("theme", ""))
    target = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return redirect(target if is_ours else "/")


@requires(Permission.INSTITUTION_ENTER)
@require_safe
def now(request: PortalRequest) -> HttpResponse:
    """Show how things stand, and whether the portal itself works. Hosts only to those who may see them."""
    may_read = Permission.OPS_READ in request.permissions
    context = {
        "standing": standing_now() if may_read else None,
        "governing": governing_now(request.actor),
        "portal": portal_health(at=timezone.now()),
        "waiting": inbox_waiting(inboxes_for(request.actor.roles)) if may_read else None,
        "has_model": settings.LLM_ENABLED,
    }
    return render(request, "portal/now.html", context)


@requires(Permission.INSTITUTION_ENTER)
@require_safe
def health(request: PortalRequest) -> HttpResponse:
    """Say what does not work right now: the line above every page asks for it by itself."""
    broken = [one for one in institutions_broken(person(request)) if one.slug != request.institution.slug]
    context = {"portal": portal_health(at=timezone.now()), "broken": broken}
    return render(request, "portal/_health_now.html", context)


@requires(Permission.OPS_READ)
@require_safe
def waiting(request: PortalRequest) -> HttpResponse:
    """Count what waits for this person: the badge of the navigation."""
    count = inbox_waiting(inboxes_for(request.actor.roles))
    return render(request, "portal/_waiting.html", {"waiting": count, "slug": request.institution.slug})
