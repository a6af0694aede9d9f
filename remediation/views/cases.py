"""Hand over a case: everything about one matter in one file that verifies on its own."""

from uuid import UUID

from django.http import StreamingHttpResponse
from django.views.decorators.http import require_safe

from opsportal.core.http import PortalRequest
from opsportal.institutions.access import Permission
from opsportal.institutions.web import requires
from remediation.evidence import case_bundle


@requires(Permission.LEDGER_EXPORT)
@require_safe
def case_bundle_file(request: PortalRequest, case: UUID) -> StreamingHttpResponse:
    """Download the evidence of a case, with the verifier; that somebody took it is an entry of the ledger."""
    is_masked = Permission.PERSONAL_READ not in request.permissions
    stream = case_bundle(request.institution.id, case, actor=request.actor, is_masked=is_masked)
    response = StreamingHttpResponse(stream, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="case-{case}.zip"'
    response["Cache-Control"] = "no-store"
    return response
