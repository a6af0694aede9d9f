"""The API of scenarios, their runs, and who owns them."""

from collections.abc import Callable
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from agents.roster import roster
from opsportal.core.openapi import PAGE_PARAMETERS, problems
from opsportal.core.pages import page_of_request
from opsportal.core.serializers import listing, page_response, shown
from opsportal.institutions.access import Permission
from opsportal.institutions.endpoint import ApiRequest, endpoint
from scenarios.api.serializers import AgentOut, RunOut, RunSummaryOut, ScenarioDetailOut, ScenarioOut
from scenarios.models import Scenario
from scenarios.registry.schema import ID
from scenarios.registry.services import scenario_disable, scenario_enable
from scenarios.selectors import heartbeats_of, run_get, runs_recent, scenario_get, scenarios_listed
from scenarios.services import scenario_run
from scenarios.standings import Standing, scenarios_by_owner, standings_of

_SCENARIO = {"type": "string", "pattern": ID, "maxLength": 80}
SCENARIO_PATH = OpenApiParameter("scenario_id", _SCENARIO, OpenApiParameter.PATH)


@extend_schema(responses=listing(AgentOut))
@endpoint(["GET"], Permission.OPS_READ)
def agents_roster(request: ApiRequest) -> Response:
    """List the agents: what each reads and does, who must agree first, and the scenarios it owns."""
    rows = shown(AgentOut, roster(), scenarios=scenarios_by_owner())
    return Response({"results": rows, "next": None, "previous": None})


@extend_schema(parameters=PAGE_PARAMETERS, responses=listing(ScenarioOut))
@endpoint(["GET"], Permission.OPS_READ)
def scenarios(request: ApiRequest) -> Response:
    """List what is watched, by id, and how it stands."""
    page = page_of_request(request, scenarios_listed(), order=("name",))
    return page_response(request, page, shown(ScenarioOut, standings_of(page.items)))


@extend_schema(parameters=[SCENARIO_PATH], responses=ScenarioDetailOut)
@endpoint(["GET"], Permission.OPS_READ)
def scenario(request: ApiRequest, scenario_id: str) -> Response:
    """Tell all of one scenario: its checks, thresholds, runbook, and the calls that it awaits."""
    (standing,) = standings_of([scenario_get(scenario_id)])
    may_ping = Permission.OPS_WRITE in request.permissions
    base = request.build_absolute_uri(reverse("api-heartbeat", args=[UUID(int=0)]))
    context = {
        "heartbeats": heartbeats_of(_heartbeat_names(standing)),
        "ping_base": base.removesuffix(str(UUID(int=0))) if may_ping else None,
    }
    return Response(ScenarioDetailOut(standing, context=context).data)


def _heartbeat_names(standing: Standing) -> list[str]:
    checks = standing.spec.checks if standing.spec else ()
    return [str(check.params["name"]) for check in checks if check.kind == "heartbeat" and "name" in check.params]


@extend_schema(parameters=[SCENARIO_PATH], request=None, responses={200: ScenarioOut, **problems(409)})
@endpoint(["POST"], Permission.SCENARIO_MANAGE)
def scenario_enable_now(request: ApiRequest, scenario_id: str) -> Response:
    """Watch a scenario again, from the next round on."""
    return _switched(request, scenario_id, scenario_enable)


@extend_schema(parameters=[SCENARIO_PATH], request=None, responses={200: ScenarioOut, **problems(409)})
@endpoint(["POST"], Permission.SCENARIO_MANAGE)
def scenario_disable_now(request: ApiRequest, scenario_id: str) -> Response:
    """Stop watching a scenario until somebody enables it."""
    return _switched(request, scenario_id, scenario_disable)


def _switched(request: ApiRequest, scenario_id: str, switch: Callable[..., Scenario]) -> Response:
    (standing,) = standings_of([switch(scenario=scenario_get(scenario_id), actor=request.actor)])
    return Response(ScenarioOut(standing).data)


@extend_schema(parameters=[SCENARIO_PATH, *PAGE_PARAMETERS], responses=listing(RunOut))
@endpoint(["GET"], Permission.OPS_READ)
def scenario_runs(request: ApiRequest, scenario_id: str) -> Response:
    """List the runs of a scenario, newest first, with their evidence."""
    page = page_of_request(request, runs_recent(scenario_get(scenario_id)))
    return page_response(request, page, shown(RunOut, page.items))


@extend_schema(operation_id="run", responses={200: RunOut, **problems(405)})
@endpoint(["GET"], Permission.OPS_READ)
def run_detail(request: ApiRequest, id: UUID) -> Response:  # noqa: A002  one address with run_start
    """Tell one run by its id. The id of a scenario takes POST only (405)."""
    return Response(RunOut(run_get(id)).data)


@extend_schema(
    operation_id="run_start",
    parameters=[OpenApiParameter("id", _SCENARIO, OpenApiParameter.PATH, description="The id of a scenario.")],
    request=None,
    responses={200: RunSummaryOut, **problems(405, 409)},
)
@endpoint(["POST"], Permission.RUN_START)
def run_start(request: ApiRequest, id: str) -> Response:  # noqa: A002  one address with run_detail
    """Look at one scenario now; answers when what was seen is written. The id of a run takes GET only (405)."""
    summary = scenario_run(institution_id=request.institution.pk, name=id, actor=request.actor)
    return Response(RunSummaryOut(summary).data)
