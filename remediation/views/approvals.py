"""What waits for people, and what they decide."""

from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from opsportal.core.errors import ConflictError, RefusedError
from opsportal.core.http import PortalRequest
from opsportal.core.pages import Page, page_of_request, page_url
from opsportal.institutions.access import Permission
from opsportal.institutions.web import requires
from remediation import selectors, services
from remediation.board import TABS, approval_rows, approvals_of, tab_chosen, tabs_of
from remediation.dialog import Dialog, dialog_of
from remediation.forms import DecisionForm
from remediation.models import Approval, Proposal, Vote
from remediation.stepup import STEP_UP, is_confirmed
from remediation.views.page import go, show

OLDEST_FIRST = ("id",)


@requires(Permission.PROPOSAL_READ)
@require_safe
def approval_list(request: PortalRequest) -> HttpResponse:
    """List approvals, who waits longest first: those that wait for this person, their own, or all."""
    tabs = tabs_of(request.GET, "tab", TABS)
    tab = tab_chosen(tabs)
    found = approvals_of(tab, request.actor.roles, request.actor.id)
    page = Page(found, None, None) if isinstance(found, list) else page_of_request(request, found, order=OLDEST_FIRST)
    return show(
        request,
        "remediation/approvals.html",
        {
            "rows": approval_rows(page.items),
            "tab": tab,
            "tabs": tabs,
            "previous": page_url(request, page.previous),
            "next": page_url(request, page.next),
        },
    )


@requires(Permission.PROPOSAL_READ)
@require_safe
def approval(request: PortalRequest, code: UUID) -> HttpResponseBase:
    """Go to the page of the proposal that an approval is about."""
    return redirect(selectors.approval_get(code).proposal.get_absolute_url())


@requires(Permission.APPROVAL_DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def approve(request: PortalRequest, code: UUID) -> HttpResponseBase:
    """Ask once more, on a page of its own, before somebody agrees; then count their vote on the plan that they saw."""
    proposal = selectors.proposal_get(code)
    dialog = dialog_of(proposal, request.actor)
    confirmed = proposal.risk not in STEP_UP or is_confirmed(request)
    if request.method == "POST":
        return _agree(request, dialog, is_confirmed=confirmed)
    if dialog.may_decide and not confirmed:
        back = urlencode({"next": request.get_full_path()})
        return redirect(f"{reverse('account_reauthenticate')}?{back}")
    return _step_two(request, dialog, _decision_form(dialog))


@requires(Permission.APPROVAL_DECIDE)
@require_POST
def reject(request: PortalRequest, code: UUID) -> HttpResponseBase:
    """Refuse a plan, with the reason; one refusal ends it."""
    proposal = selectors.proposal_get(code)
    services.approval_vote(
        approval=_approval(proposal),
        actor=request.actor,
        verdict=Vote.Verdict.REJECT,
        plan_digest=request.POST.get("plan_digest", ""),
        reason=request.POST.get("reason", ""),
    )
    return go(request, proposal.get_absolute_url())


@requires(Permission.APPROVAL_DECIDE)
@require_POST
def review(request: PortalRequest, code: UUID) -> HttpResponseBase:
    """Say whether an emergency was justified."""
    found = selectors.proposal_get(code)
    services.emergency_review(
        proposal=found,
        actor=request.actor,
        verdict=request.POST.get("verdict", ""),
        note=request.POST.get("note", ""),
    )
    return go(request, found.get_absolute_url())


def _agree(request: PortalRequest, dialog: Dialog, *, is_confirmed: bool) -> HttpResponseBase:
    approval = _approval(dialog.proposal)
    if not is_confirmed:
        raise RefusedError(
            _("Confirm first that it is you: open this page again, and enter your password."), code="STEP_UP_REQUIRED"
        )
    form = _decision_form(dialog, request.POST)
    if not form.is_valid():
        return _step_two(request, dialog, form)
    services.approval_vote(
        approval=approval,
        actor=request.actor,
        verdict=Vote.Verdict.APPROVE,
        plan_digest=form.cleaned_data["plan_digest"],
        reason=form.cleaned_data["reason"],
    )
    return go(request, dialog.proposal.get_absolute_url())


def _step_two(request: PortalRequest, dialog: Dialog, form: DecisionForm) -> HttpResponse:
    context = {"dialog": dialog, "proposal": dialog.proposal, "form": form}
    return show(request, "remediation/approve.html", context)


def _decision_form(dialog: Dialog, sent: QueryDict | None = None) -> DecisionForm:
    """Return the form of step two. What is not known to be reversible counts as irreversible."""
    return DecisionForm(
        sent,
        initial={"plan_digest": dialog.proposal.plan_digest},
        target=dialog.proposal.runtime.name,
        is_irreversible=not dialog.is_reversible,
        is_needed=dialog.proposal.risk in {"R2", "R3"},
    )


def _approval(proposal: Proposal) -> Approval:
    found: Approval | None = getattr(proposal, "approval", None)
    if found is None:
        raise ConflictError(_("This waits for nobody's decision."), code="NOT_WAITING")
    return found
