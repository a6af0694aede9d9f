"""Findings as people see them: the list with its filters, one finding, and the buttons on them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from findings import services
from findings.board import SINCE, facets_of, findings_shown, findings_wanted, wanted_of
from findings.models import Finding
from findings.selectors import finding_get
from findings.story import story_of
from findings.words import titles_in
from opsportal.core.errors import InvalidError, UnparsableError
from opsportal.core.facets import replaced
from opsportal.core.http import PortalRequest
from opsportal.core.pages import page_of_request, page_url
from opsportal.institutions.access import Permission
from opsportal.institutions.web import requires

PAGE_OF_ONE = "finding"  # the element that a button on the page of one finding replaces
MOVED = "live:findings"  # what the lists of a page listen to


@requires(Permission.OPS_READ)
@require_safe
def finding_list(request: PortalRequest) -> HttpResponse:
    """List what is wrong, newest first, with a filter for every question."""
    wanted = wanted_of(request.GET)
    page = page_of_request(request, findings_wanted(wanted), order=SINCE)
    return render(
        request,
        "findings/list.html",
        {
            **_rows_context(request, page.items),
            "wanted": wanted,
            "facets": facets_of(request.GET, wanted),
            "previous": page_url(request, page.previous),
            "next": page_url(request, page.next),
        },
    )


@requires(Permission.OPS_READ)
@require_safe
def rows(request: PortalRequest) -> HttpResponse:
    """Draw the rows named ``shown`` again, in their order, and count the facets again: something moved."""
    wanted = wanted_of(request.GET)
    shown = findings_shown(request.GET.get("shown", ""))[: services.BULK_MAX]
    context = {**_rows_context(request, shown), "wanted": wanted, "facets": facets_of(request.GET, wanted)}
    return render(request, "findings/_rows_live.html", context)


@requires(Permission.OPS_READ)
@require_safe
def detail(request: PortalRequest, code: UUID) -> HttpResponse:
    """Show one finding: what is wrong, what to do, the proof, and what happened since."""
    return render(request, "findings/detail.html", _detail_context(request, finding_get(code)))


@requires(Permission.OPS_WRITE)
@require_POST
def ack(request: PortalRequest, code: UUID) -> HttpResponse:
    """Acknowledge a finding, with a note if there is one."""
    finding = services.finding_ack(finding=finding_get(code), actor=request.actor, note=request.POST.get("note", ""))
    undo = reverse("findings:unack", args=[request.institution.slug, finding.code])
    return _answered(request, finding, _("Acknowledged."), undo_url=undo)


@requires(Permission.OPS_WRITE)
@require_POST
def unack(request: PortalRequest, code: UUID) -> HttpResponse:
    """Take an acknowledgement back."""
    finding = services.finding_ack_undo(finding=finding_get(code), actor=request.actor)
    return _answered(request, finding, _("It is open again."))


@requires(Permission.OPS_WRITE)
@require_POST
def bulk_ack(request: PortalRequest) -> HttpResponse:
    """Acknowledge the selected findings, each under its own ledger entry."""
    codes = _codes(request.POST.getlist("selected"))
    moved = services.findings_ack(
        institution_id=request.institution.id, codes=codes, actor=request.actor, note=request.POST.get("note", "")
    )
    text = ngettext("%(count)d finding acknowledged.", "%(count)d findings acknowledged.", len(moved))
    undo = reverse("findings:bulk_unack", args=[request.institution.slug])
    named = ",".join(finding.code.hex for finding in moved)
    return _said(request, text % {"count": len(moved)}, undo_url=f"{undo}?selected={named}" if moved else "")


@requires(Permission.OPS_WRITE)
@require_POST
def bulk_unack(request: PortalRequest) -> HttpResponse:
    """Take the acknowledgements of several findings back."""
    codes = _codes(request.GET.get("selected", "").split(","))
    moved = services.findings_ack_undo(institution_id=request.institution.id, codes=codes, actor=request.actor)
    text = ngettext("%(count)d finding is open again.", "%(count)d findings are open again.", len(moved))
    return _said(request, text % {"count": len(moved)})


def _answered(request: PortalRequest, finding: Finding, text: str, *, undo_url: str = "") -> HttpResponse:
    """Draw what the button was on: the page of the finding, its row, or (undo) nothing but a word."""
    said = {"text": text, "undo_url": undo_url}
    if request.htmx.target == PAGE_OF_ONE:
        return render(request, "findings/_page_and_toast.html", {**_detail_context(request, finding), **said})
    if request.htmx.target == "toast":
        return _said(request, text)
    context = _rows_context(request, [finding])
    return render(request, "findings/_row_and_toast.html", {**context, **context["rows"][0], **said})


def _said(request: PortalRequest, text: str, *, undo_url: str = "") -> HttpResponse:
    """Say what was done; the lists of the page then fetch what has changed."""
    response = render(request, "portal/_toast.html", {"text": text, "undo_url": undo_url})
    response["HX-Reswap"] = "none"
    response["HX-Trigger"] = MOVED
    return response


def _rows_context(request: PortalRequest, shown: Sequence[Finding]) -> dict[str, Any]:
    titles = titles_in(shown)
    return {
        "rows": [{"finding": finding, "title": titles[finding.pk]} for finding in shown],
        "query": replaced(request.GET),
        "may_write": Permission.OPS_WRITE in request.permissions,
    }


def _detail_context(request: PortalRequest, finding: Finding) -> dict[str, Any]:
    return {
        **story_of(finding, measure=request.GET.get("plot", "")),
        "title": titles_in([finding])[finding.pk],
        "may_write": Permission.OPS_WRITE in request.permissions,
        "may_run": Permission.RUN_START in request.permissions,
        "sees_ledger": Permission.LEDGER_READ in request.permissions,
    }


def _codes(values: Sequence[str]) -> list[UUID]:
    if not 1 <= len(values) <= services.BULK_MAX:
        most = services.BULK_MAX
        raise InvalidError(f"Select 1 to {most} findings.", errors={"selected": [f"1 to {most}, not {len(values)}."]})
    try:
        return [UUID(value) for value in values]
    except ValueError:
        raise UnparsableError("That is not a list of findings.", errors={"selected": ["Not an id."]}) from None
