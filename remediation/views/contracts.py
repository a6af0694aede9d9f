"""Contracts: the rules in force, their history, and the way to another."""

from collections.abc import Sequence
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from opsportal.core.http import PortalRequest
from opsportal.core.pages import page_of_request, page_url
from opsportal.institutions.access import Permission
from opsportal.institutions.web import requires
from remediation import selectors, services
from remediation.contracts.diagnostics import Diagnostic
from remediation.drafts import diff_lines, errors_of, lines_marked
from remediation.forms import SourceForm
from remediation.impact import impact_preview
from remediation.models import Release
from remediation.proposing import id_read
from remediation.rules import department_of, rules_grouped
from remediation.views.page import go, institution_of, show
from remediation.words import names_of


@requires(Permission.CONTRACT_READ)
@require_safe
def contract_list(request: PortalRequest) -> HttpResponse:
    """Show what is in force in each department, in plain words, and what was before."""
    active = selectors.releases_active()
    page = page_of_request(request, selectors.releases_listed().defer("bundle__artifacts", "bundle__source"))
    context = {
        "active": [{"release": one, "groups": rules_grouped(one.bundle)} for one in active],
        "history": page.items,
        "names": names_of({one.released_by for one in [*active, *page.items]}),
        "previous": page_url(request, page.previous),
        "next": page_url(request, page.next),
    }
    return show(request, "remediation/contracts.html", context)


@requires(Permission.CONTRACT_READ)
@require_safe
def contract(request: PortalRequest, code: UUID) -> HttpResponse:
    """Show one release: its rules in plain words, its source and its digests."""
    release = selectors.release_get(code)
    context = {
        "release": release,
        "bundle": release.bundle,
        "groups": rules_grouped(release.bundle),
        "names": names_of({release.released_by}),
    }
    return show(request, "remediation/contract.html", context)


@requires(Permission.CONTRACT_RELEASE)
@require_http_methods(["GET", "HEAD", "POST"])
def contract_compile(request: PortalRequest) -> HttpResponseBase:
    """Compile a text; what is wrong with it stands beside its lines. Nothing becomes active."""
    begin = _begin(request.GET.get("from", ""))
    form = SourceForm(request.POST if request.method == "POST" else None, initial={"source": begin})
    errors: Sequence[Diagnostic] = ()
    if request.method == "POST" and form.is_valid():
        source = form.cleaned_data["source"]
        errors = errors_of(source)
        if not errors:
            made = services.bundle_compile(institution=institution_of(request), source=source, actor=request.actor)
            return go(request, reverse("remediation:release", args=[request.institution.slug, made.code]))
    context = {"form": form, "errors": errors, "marked": lines_marked(form.data.get("source", ""), errors)}
    return show(request, "remediation/compile.html", context)


@requires(Permission.CONTRACT_RELEASE)
@require_safe
def release(request: PortalRequest, code: UUID) -> HttpResponse:
    """Show what a compiled contract would change, in its text and in decisions, before it is released."""
    bundle = selectors.bundle_get(code)
    department = selectors.department_get(department_of(bundle))
    preview = impact_preview(department, bundle)
    context = {
        "bundle": bundle,
        "department": department,
        "preview": preview,
        "is_active": preview.before is not None and preview.before.pk == bundle.pk,
        "is_rollback": Release.objects.filter(department=department, bundle=bundle).exists(),
        "diff": diff_lines(preview.before.source if preview.before else "", bundle.source),
        "groups": rules_grouped(bundle),
    }
    return show(request, "remediation/release.html", context)


@requires(Permission.CONTRACT_RELEASE)
@require_POST
def release_now(request: PortalRequest, code: UUID) -> HttpResponseBase:
    """Make a compiled contract the one of its department."""
    bundle = selectors.bundle_get(code)
    services.bundle_release(
        department=selectors.department_get(department_of(bundle)),
        bundle=bundle,
        impact_digest=request.POST.get("impact_digest", ""),
        actor=request.actor,
    )
    return go(request, reverse("remediation:contracts", args=[request.institution.slug]))


def _begin(code: str) -> str:
    """Return the source that an editor begins with: of the named bundle, else of a contract in force."""
    if code:
        return selectors.bundle_get(id_read(code)).source
    active = selectors.releases_active()
    return active[0].bundle.source if active else ""
