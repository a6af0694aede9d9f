"""The API of the ledger: entries, proofs, export, verification. Nothing here changes an entry."""

from collections.abc import Iterator

from django.http import StreamingHttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import content_negotiation_class
from rest_framework.response import Response

from ledger.models import Checkpoint, Entry, Payload
from ledger.selectors import entries_matching, head, is_stopped, payloads_of, signing_keys, verified_at
from ledger.services import ledger_export, ledger_verify, payloads_export
from opsportal.core.errors import NotFoundError
from opsportal.core.negotiation import AnyAccept
from opsportal.core.openapi import PAGE_PARAMETERS
from opsportal.core.pages import page_of_request
from opsportal.core.serializers import body_read, listing, page_response, query_read, shown
from opsportal.institutions.access import Permission, require
from opsportal.institutions.endpoint import ApiRequest, endpoint
from opsportal.portal.ledger_api.serializers import (
    CheckpointOut,
    EntriesQuery,
    EntryDetailOut,
    EntryOut,
    ExportQuery,
    HeadOut,
    KeyOut,
    VerificationOut,
    VerifyIn,
    filter_of,
)

MEDIA_TYPES = {"jsonl": "application/jsonl", "csv": "text/csv"}


@extend_schema(parameters=[EntriesQuery, *PAGE_PARAMETERS], responses=listing(EntryOut))
@endpoint(["GET"], Permission.LEDGER_READ)
def ledger_entries(request: ApiRequest) -> Response:
    """List entries, newest first; with `since` those after it, oldest first."""
    query = query_read(request, EntriesQuery)
    rows, since = entries_matching(request.institution.pk, filter_of(query)), query.get("since")
    if since is None:
        page = page_of_request(request, rows, order=("-seq",))
    else:
        page = page_of_request(request, rows.filter(seq__gt=since), order=("seq",))
    return page_response(request, page, shown(EntryOut, page.items))


@extend_schema(responses=EntryDetailOut)
@endpoint(["GET"], Permission.LEDGER_READ)
def ledger_entry(request: ApiRequest, seq: int) -> Response:
    """Tell one entry, and the text that it commits to."""
    entry = Entry.objects.filter(seq=seq).first()
    if entry is None:
        raise NotFoundError("There is no such entry.")
    return Response(EntryDetailOut(entry, context={"payload": _payload(request, entry)}).data)


def _payload(request: ApiRequest, entry: Entry) -> Payload | None:
    commit = entry.content.get("data", {}).get("commit")
    if not commit or Permission.PERSONAL_READ not in request.permissions:
        return None
    return payloads_of(request.institution.pk, [commit]).get(commit)


@extend_schema(responses=HeadOut)
@endpoint(["GET"], Permission.LEDGER_READ)
def ledger_head(request: ApiRequest) -> Response:
    """Tell where the chain ends, and when it last verified."""
    institution_id = request.institution.pk
    end = head(institution_id)
    facts = {"is_stopped": is_stopped(institution_id), "verified_at": verified_at(institution_id)}
    return Response(HeadOut({"seq": end.seq, "hash": end.hash, **facts}).data)


@extend_schema(parameters=PAGE_PARAMETERS, responses=listing(CheckpointOut))
@endpoint(["GET"], Permission.LEDGER_READ)
def ledger_checkpoints(request: ApiRequest) -> Response:
    """List the signed heads, newest first."""
    page = page_of_request(request, Checkpoint.objects.all(), order=("-size",))
    return page_response(request, page, shown(CheckpointOut, page.items))


@extend_schema(responses=listing(KeyOut))
@endpoint(["GET"], Permission.LEDGER_READ)
def ledger_keys(request: ApiRequest) -> Response:
    """List the public keys that ever signed checkpoints, newest first."""
    rows = shown(KeyOut, signing_keys(request.institution.pk))
    return Response({"results": rows, "next": None, "previous": None})


@extend_schema(parameters=[ExportQuery], responses={(200, kind): str for kind in MEDIA_TYPES.values()})
@endpoint(["GET"], Permission.LEDGER_EXPORT)
@content_negotiation_class(AnyAccept)
def ledger_export_stream(request: ApiRequest) -> StreamingHttpResponse:
    """Hand out every entry that matches, up to now, however many; that it was taken is an entry too."""
    query = query_read(request, ExportQuery)
    form, institution = query["format"], request.institution
    chunks = ledger_export(institution.pk, form=form, where=filter_of(query), actor=request.actor)
    return _attachment(chunks, MEDIA_TYPES[form], f"ledger-{institution.slug}.{form}")


@extend_schema(responses={(200, MEDIA_TYPES["jsonl"]): str})
@endpoint(["GET"], Permission.LEDGER_EXPORT)
@content_negotiation_class(AnyAccept)
def ledger_payloads(request: ApiRequest) -> StreamingHttpResponse:
    """Hand out the texts that entries commit to, as the verifier takes them. They are personal: `personal.read` too."""
    require(request.actor, Permission.PERSONAL_READ)
    chunks = payloads_export(request.institution.pk, actor=request.actor)
    return _attachment(chunks, MEDIA_TYPES["jsonl"], f"payloads-{request.institution.slug}.jsonl")


def _attachment(chunks: Iterator[bytes], media_type: str, filename: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(chunks, content_type=f"{media_type}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


@extend_schema(request=VerifyIn, responses=VerificationOut)
@endpoint(["POST"], Permission.LEDGER_READ)
def ledger_verify_now(request: ApiRequest) -> Response:
    """Verify the chain now. A fault raises the alarms and makes the institution read-only."""
    whole = body_read(request, VerifyIn)["whole"]
    return Response(VerificationOut(ledger_verify(request.institution.pk, whole=whole, actor=request.actor)).data)
