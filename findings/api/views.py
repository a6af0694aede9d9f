"""The API of findings and of the action log."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from agents.chronicle import lines_of
from findings.actions import actions_page
from findings.api.serializers import AckIn, ActionOut, ActionsQuery, FindingDetailOut, FindingOut, FindingsQuery
from findings.selectors import finding_get, findings_listed
from findings.services import finding_ack, finding_ack_undo
from opsportal.core.openapi import PAGE_PARAMETERS, problems
from opsportal.core.pages import page_of_request, page_wanted
from opsportal.core.serializers import body_read, listing, page_response, query_read, shown
from opsportal.institutions.access import Permission
from opsportal.institutions.endpoint import ApiRequest, endpoint
from scenarios.registry import registry_active


@extend_schema(parameters=[FindingsQuery, *PAGE_PARAMETERS], responses=listing(FindingOut))
@endpoint(["GET"], Permission.OPS_READ)
def findings(request: ApiRequest) -> Response:
    """List findings, newest first."""
    query = query_read(request, FindingsQuery)
    rows = findings_listed(
        severities=query.get("severity", ()),
        statuses=query.get("status", ()),
        owner=query["owner"],
        scenario=query["scenario"],
    )
    page = page_of_request(request, rows)
    return page_response(request, page, shown(FindingOut, page.items))


@extend_schema(responses=FindingDetailOut)
@endpoint(["GET"], Permission.OPS_READ)
def finding(request: ApiRequest, finding_id: UUID) -> Response:
    """Tell one finding: its evidence, what to do, and the runbook. Its ledger entries are those of its case."""
    found = finding_get(finding_id)
    spec = registry_active().scenarios.get(found.scenario.name)
    return Response(FindingDetailOut(found, context={"runbook": spec.runbook if spec else ""}).data)


@extend_schema(request=AckIn, responses={200: FindingOut, **problems(409)})
@endpoint(["POST"], Permission.OPS_WRITE)
def finding_ack_now(request: ApiRequest, finding_id: UUID) -> Response:
    """Mark a finding as seen by me; what waits about it leaves the inbox. A second time keeps the first name."""
    note = body_read(request, AckIn)["note"]
    return Response(FindingOut(finding_ack(finding=finding_get(finding_id), actor=request.actor, note=note)).data)


@extend_schema(request=None, responses={200: FindingOut, **problems(409)})
@endpoint(["POST"], Permission.OPS_WRITE)
def finding_unack(request: ApiRequest, finding_id: UUID) -> Response:
    """Take an acknowledgement back: the finding is open again and waits again."""
    return Response(FindingOut(finding_ack_undo(finding=finding_get(finding_id), actor=request.actor)).data)


@extend_schema(parameters=[ActionsQuery, *PAGE_PARAMETERS], responses=listing(ActionOut))
@endpoint(["GET"], Permission.OPS_READ)
def action_log(request: ApiRequest) -> Response:
    """List everything that was done, newest first: every entry of the ledger and every run of a round."""
    kinds = query_read(request, ActionsQuery).get("kind", ())
    page = actions_page(kinds=kinds, **page_wanted(request))
    lines = {line.entry.seq: line for line in lines_of(action.entry for action in page.items if action.entry)}
    return page_response(request, page, shown(ActionOut, page.items, lines=lines))
