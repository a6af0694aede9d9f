"""Deciding by a link, without logging in: reading it shows, only its form decides, and only once."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from opsportal.institutions.current import access_opened
from opsportal.institutions.web import public
from remediation import selectors, services
from remediation.dialog import dialog_of
from remediation.services.links import link_find


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, token: str) -> HttpResponse:
    """Show what is asked, however often it is fetched and by whom; a POST is the vote of the person it was made for."""
    if request.method == "POST":
        approval = services.link_vote(
            token=token,
            verdict=request.POST.get("decision", ""),
            plan_digest=request.POST.get("plan_digest", ""),
            reason=request.POST.get("reason", ""),
        )
        return _shown(request, "remediation/link_done.html", {"approval": approval})
    link, access = link_find(token)
    with access_opened(access):
        proposal = selectors.proposal_get(link.approval.proposal.code)
        dialog = dialog_of(proposal, access.actor)
        context = {"proposal": proposal, "dialog": dialog, "link": link, "token": token, "may": {}}
        return _shown(request, "remediation/link.html", context)


def _shown(request: HttpRequest, template: str, context: dict[str, object]) -> HttpResponse:
    response = render(request, template, context)
    response["Referrer-Policy"] = "no-referrer"  # the address is the secret
    return response
