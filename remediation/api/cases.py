"""The API of proof: the evidence of a case, and whether everything that ran was ordered."""

from uuid import UUID

from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import content_negotiation_class
from rest_framework.response import Response

from opsportal.core.negotiation import AnyAccept
from opsportal.core.openapi import problems
from opsportal.core.serializers import Strict, query_read
from opsportal.institutions.access import Permission
from opsportal.institutions.endpoint import ApiRequest, endpoint
from remediation.evidence import case_bundle
from remediation.reconciliation import SECTIONS, VERDICTS, Reconciliation, reconciliation_of

ZIP = "application/zip"


class BundleQuery(Strict):
    """How much of a case is handed out."""

    texts = serializers.ChoiceField(
        choices=["shown", "masked"],
        default="shown",
        help_text="masked: private texts stay here, their commitments go along. Always so without `personal.read`.",
    )


class DifferenceOut(serializers.Serializer[object]):
    """One thing that does not fit, or is not known."""

    section = serializers.ChoiceField(choices=sorted(SECTIONS))
    code = serializers.CharField(help_text="What to branch on.")
    message = serializers.CharField()
    runtime_id = serializers.UUIDField(source="runtime", allow_null=True)
    job_id = serializers.UUIDField(source="job", allow_null=True)
    case = serializers.UUIDField(allow_null=True)
    line = serializers.IntegerField(allow_null=True, help_text="The line of the runtime's journal.")


class CountsOut(serializers.Serializer[object]):
    """How much was looked at."""

    runtimes = serializers.IntegerField()
    lines = serializers.IntegerField(help_text="Lines of journals.")
    executions = serializers.IntegerField(help_text="What journals say was begun.")
    orders = serializers.IntegerField()
    entries = serializers.IntegerField(help_text="Entries of the ledger.")


class ReconciliationOut(serializers.Serializer[Reconciliation]):
    """Whether everything that ran was ordered, and everything that was ordered ran."""

    at = serializers.DateTimeField()
    verdict = serializers.ChoiceField(choices=sorted(VERDICTS), help_text="wrong, unknown or clean.")
    counts = CountsOut()
    differences = DifferenceOut(many=True)
    basis = serializers.CharField(help_text="How it was computed.")
    limit = serializers.CharField(help_text="What it cannot prove.")


@extend_schema(parameters=[BundleQuery], responses={(200, ZIP): OpenApiTypes.BINARY, **problems(409)})
@endpoint(["GET"], Permission.LEDGER_EXPORT)
@content_negotiation_class(AnyAccept)
def case_bundle_stream(request: ApiRequest, case_id: UUID) -> StreamingHttpResponse:
    """Hand out the evidence of a case as a zip that can be checked offline; that it was taken is an entry too."""
    is_masked = query_read(request, BundleQuery)["texts"] == "masked"
    chunks = case_bundle(request.institution.pk, case_id, actor=request.actor, is_masked=is_masked)
    response = StreamingHttpResponse(chunks, content_type=ZIP)
    response["Content-Disposition"] = f'attachment; filename="case-{case_id}.zip"'
    return response


@extend_schema(responses=ReconciliationOut)
@endpoint(["GET"], Permission.LEDGER_READ)
def reconciliation(request: ApiRequest) -> Response:
    """Hold the journals of the runtimes against the orders, the approvals and the ledger."""
    return Response(ReconciliationOut(reconciliation_of(timezone.now())).data)
