"""What was asked for: the list, one proposal with all its ground, and a new one."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from findings.models import Finding
from findings.selectors import finding_get
from findings.words import titles_in
from opsportal.core.facets import replaced
from opsportal.core.http import PortalRequest
from opsportal.core.pages import page_of_request, page_url
from opsportal.institutions.access import Permission
from opsportal.institutions.web import requires
from remediation import selectors, services
from remediation.board import proposal_filters, proposals_wanted
from remediation.dialog import dialog_of
from remediation.forms import ProposeForm
from remediation.models import Proposal
from remediation.proposing import Offer, begin_of, offer_find, offers_of, runtimes_of
from remediation.results import output_plain
from remediation.views.page import go, show


@requires(Permission.PROPOSAL_READ)
@require_safe
def proposal_list(request: PortalRequest) -> HttpResponse:
    """List what was asked for, newest first, with a filter for every question."""
    page = page_of_request(request, proposals_wanted(request.GET, request.actor.id))
    is_mine = bool(request.GET.get("mine"))
    return show(
        request,
        "remediation/proposals.html",
        {
            "proposals": page.items,
            "filters": proposal_filters(request.GET, request.actor.id),
            "is_mine": is_mine,
            "mine_query": replaced(request.GET, mine=[] if is_mine else ["1"]),
            "query": replaced(request.GET),
            "previous": page_url(request, page.previous),
            "next": page_url(request, page.next),
        },
    )


@requires(Permission.PROPOSAL_READ)
@require_safe
def proposal(request: PortalRequest, code: UUID) -> HttpResponse:
    """Show one proposal: what would change exactly, why it is allowed, who must agree, and what became of it."""
    found = selectors.proposal_get(code)
    dialog = dialog_of(found, request.actor)
    context: dict[str, Any] = {
        "dialog": dialog,
        "proposal": found,
        "is_mine": found.requester_id == request.actor.id,
        "is_open": found.status in Proposal.OPEN,
        "finding_title": _title(found.finding),
        "output": output_plain(selectors.output_of(dialog.job)) if dialog.job else "",
    }
    return show(request, "remediation/proposal.html", context)


@requires(Permission.PROPOSAL_CREATE)
@require_POST
def withdraw(request: PortalRequest, code: UUID) -> HttpResponseBase:
    """Take one's own proposal back."""
    found = selectors.proposal_get(code)
    services.proposal_withdraw(proposal=found, actor=request.actor)
    return go(request, found.get_absolute_url())


@requires(Permission.PROPOSAL_CREATE)
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: PortalRequest) -> HttpResponseBase:
    """Choose an operation of the contract in force, fill in what it needs, and ask for it."""
    offers = offers_of(request.actor.roles)
    begin = begin_of(request.GET)
    if not begin["operation"]:
        return show(request, "remediation/offers.html", {"offers": offers, "finding": begin["finding"]})
    offer = offer_find(offers, department=begin["department"], operation=begin["operation"])
    form = ProposeForm(
        request.POST if request.method == "POST" else None,
        operation=offer.operation,
        runtimes=runtimes_of(offer.department),
        begin=begin,
    )
    if request.method == "POST" and form.is_valid():
        return go(request, _asked(request, offer, form).get_absolute_url())
    finding = finding_get(UUID(begin["finding"])) if begin["finding"] else None
    context = {"form": form, "offer": offer, "finding": finding, "finding_title": _title(finding)}
    return show(request, "remediation/propose.html", context)


def _asked(request: PortalRequest, offer: Offer, form: ProposeForm) -> Proposal:
    said = form.cleaned_data
    return services.proposal_create(
        department=selectors.department_get(offer.department),
        operation=offer.operation.name,
        params=form.params,
        reason=said["reason"],
        runtime=selectors.runtime_get(UUID(said["runtime"])) if said.get("runtime") else None,
        finding=finding_get(said["finding"]) if said["finding"] else None,
        idempotency_key=said["idempotency_key"],
        actor=request.actor,
    )


def _title(finding: Finding | None) -> str:
    return titles_in([finding])[finding.pk] if finding else ""
