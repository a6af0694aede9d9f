"""The pages of the ledger: its timeline, one entry, its proofs, verification and export."""

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from ledger import selectors
from ledger.keys import key_text
from ledger.kinds import Kind
from ledger.models import Checkpoint
from ledger.services import ledger_export, ledger_verify
from opsportal.core.errors import InvalidError, NotFoundError
from opsportal.core.http import PortalRequest
from opsportal.core.pages import page_of_request, page_url
from opsportal.institutions.access import Permission
from opsportal.institutions.web import requires
from opsportal.portal.ledger_pages.payloads import private_of
from opsportal.portal.ledger_pages.timeline import chosen_fields, filter_of, told

CONTENT_TYPES = {"jsonl": "application/jsonl; charset=utf-8", "csv": "text/csv; charset=utf-8"}
CHECKPOINTS = 20
BY_SEQ = ("-seq",)
BY_TIME = ("-ts", "-seq")  # the index that a span of time can be found in; entries of one moment stay in their order


@requires(Permission.LEDGER_READ)
@require_safe
def timeline(request: PortalRequest) -> HttpResponse:
    """Show what happened, newest first, with the filters of the address."""
    where = filter_of(request.GET)
    order = BY_TIME if where.since or where.until else BY_SEQ
    page = page_of_request(request, selectors.entries_matching(request.institution.id, where), order=order)
    fields = chosen_fields(request.GET)
    return render(
        request,
        "ledger/timeline.html",
        {
            "told": told(page.items, request.institution.slug),
            "fields": dict(fields),
            "query": f"?{urlencode(fields)}",
            "since": page.items[0].seq if page.items and not fields and page.previous is None else None,
            "kinds": sorted(Kind),
            "checkpoint": selectors.checkpoint_last(request.institution.id),
            "may_export": Permission.LEDGER_EXPORT in request.permissions,
            "previous": page_url(request, page.previous),
            "next": page_url(request, page.next),
        },
    )


@requires(Permission.LEDGER_READ)
@require_safe
def newer(request: PortalRequest) -> HttpResponse:
    """Say how many entries were written since the one that the page shows on top."""
    since = request.GET.get("since", "")
    if not (since.isascii() and since.isdigit() and len(since) <= 18):
        raise InvalidError("since must be the number of an entry", errors={"since": ["must be a whole number"]})
    count = max(0, selectors.head(request.institution.id).seq - int(since))
    return render(request, "ledger/_newer.html", {"since": since, "newer": count})


@requires(Permission.LEDGER_READ)
@require_safe
def entry(request: PortalRequest, seq: int) -> HttpResponse:
    """Show one entry: what it says, its exact bytes, and how it hangs in the chain."""
    near = selectors.entries_since(request.institution.id, max(seq - 2, 0), 3)
    by_seq = {found.seq: found for found in near}
    if seq not in by_seq:
        raise NotFoundError("There is no such entry.")
    (shown,) = told([by_seq[seq]], request.institution.slug)
    return render(
        request,
        "ledger/entry.html",
        {
            "told": shown,
            "before": by_seq.get(seq - 1),
            "after": by_seq.get(seq + 1),
            "sealed_by": Checkpoint.objects.filter(size__gte=seq).order_by("size").first(),
            "private": private_of(shown.line, request.permissions),
        },
    )


@requires(Permission.LEDGER_READ)
@require_safe
def proof(request: PortalRequest) -> HttpResponse:
    """Show where the chain stands, what was signed, by which keys, and when it was last verified."""
    institution_id = request.institution.id
    return render(
        request,
        "ledger/proof.html",
        {
            "head": selectors.head(institution_id),
            "checkpoints": Checkpoint.objects.all()[:CHECKPOINTS],
            "keys": [(key, key_text(key)) for key in selectors.signing_keys(institution_id)],
            "verified_at": selectors.verified_at(institution_id),
            "is_stopped": selectors.is_stopped(institution_id),
            "may_export": Permission.LEDGER_EXPORT in request.permissions,
        },
    )


@requires(Permission.LEDGER_READ)
@require_POST
def verify(request: PortalRequest) -> HttpResponse:
    """Verify the whole chain now, and show what was found. That somebody did is an entry too."""
    started = timezone.now()
    found = ledger_verify(request.institution.id, actor=request.actor)
    took = (timezone.now() - started).total_seconds()
    return render(request, "ledger/_verified.html", {"found": found, "took": took})


@requires(Permission.LEDGER_EXPORT)
@require_POST
def export(request: PortalRequest, form: str) -> StreamingHttpResponse:
    """Hand out the entries that match the filter, as a file. That somebody took them is an entry too."""
    where = filter_of(request.POST)
    lines = ledger_export(request.institution.id, form=form, where=where, actor=request.actor)
    response = StreamingHttpResponse(lines, content_type=CONTENT_TYPES[form])
    name = f"{request.institution.slug}-ledger-{timezone.now():%Y%m%dT%H%M%SZ}.{form}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
