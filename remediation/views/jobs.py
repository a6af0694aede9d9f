"""What runs and what ran: the list, one job with its output and its result, and the files of both."""

import json
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from opsportal.core.facets import replaced
from opsportal.core.http import PortalRequest
from opsportal.core.pages import page_of_request, page_url
from opsportal.institutions.access import Permission
from opsportal.institutions.web import requires
from remediation import selectors, services
from remediation.board import job_filters, jobs_wanted, tabs_of
from remediation.models import Job
from remediation.results import facts_of, output_plain, table_csv, table_get, table_sorted, tables_of
from remediation.views.page import go, show

MODES = ("", *Job.Mode.values)


@requires(Permission.PROPOSAL_READ)
@require_safe
def job_list(request: PortalRequest) -> HttpResponse:
    """List jobs, newest first, with a filter for every question."""
    page = page_of_request(request, jobs_wanted(request.GET))
    return show(
        request,
        "remediation/jobs.html",
        {
            "jobs": page.items,
            "tabs": tabs_of(request.GET, "mode", MODES),
            "filters": job_filters(request.GET),
            "query": replaced(request.GET),
            "previous": page_url(request, page.previous),
            "next": page_url(request, page.next),
        },
    )


@requires(Permission.PROPOSAL_READ)
@require_safe
def job(request: PortalRequest, code: UUID) -> HttpResponse:
    """Show one job: its signed order, what it says, and what came out of it."""
    found = selectors.job_get(code)
    wanted = request.GET.get("sort", "")
    return show(
        request,
        "remediation/job.html",
        {
            "job": found,
            "proposal": found.proposal,
            "output": output_plain(selectors.output_of(found)),
            "facts": facts_of(found.result),
            "tables": [table_sorted(table, wanted) for table in tables_of(found.result)],
        },
    )


@requires(Permission.PROPOSAL_READ)
@require_safe
def output(request: PortalRequest, code: UUID) -> HttpResponse:
    """Draw what a job has said so far; the page asks again while it runs."""
    found = selectors.job_get(code)
    return render(
        request, "remediation/_output.html", {"job": found, "output": output_plain(selectors.output_of(found))}
    )


@requires(Permission.PROPOSAL_READ)
@require_safe
def output_file(request: PortalRequest, code: UUID) -> HttpResponse:
    """Hand out what a job has said, as text."""
    found = selectors.job_get(code)
    text = output_plain(selectors.output_of(found))
    return _file(text, "text/plain", f"job-{found.code}-output.txt")


@requires(Permission.PROPOSAL_READ)
@require_safe
def result_file(request: PortalRequest, code: UUID) -> HttpResponse:
    """Hand out the whole result, as JSON."""
    found = selectors.job_get(code)
    text = json.dumps(found.result, ensure_ascii=False, indent=2)
    return _file(text, "application/json", f"job-{found.code}-result.json")


@requires(Permission.PROPOSAL_READ)
@require_safe
def table_file(request: PortalRequest, code: UUID, name: str) -> HttpResponse:
    """Hand out one table of the result, as CSV."""
    found = selectors.job_get(code)
    text = table_csv(table_get(found.result, name))
    return _file(text, "text/csv", f"job-{found.code}-{name}.csv")


@requires(Permission.APPROVAL_DECIDE)
@require_POST
def cancel(request: PortalRequest, code: UUID) -> HttpResponseBase:
    """Cancel a job that no runtime has taken yet."""
    found = selectors.job_get(code)
    services.job_cancel(job=found, actor=request.actor)
    return go(request, found.get_absolute_url())


def _file(text: str, kind: str, name: str) -> HttpResponse:
    plain = "".join(one for one in name if one.isascii() and (one.isalnum() or one in "-_."))
    response = HttpResponse(text, content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{plain}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
