"""Addresses of the API of scenarios: under /api/v1/agents/, and the heartbeats' own."""

from django.urls import path, register_converter

from scenarios.api import doors, views


class ScenarioId:
    """A registry id in an address; what cannot be one is no address of ours."""

    regex = r"[a-z0-9](?:[a-z0-9._-]{0,78}[a-z0-9])?"

    def to_python(self, value: str) -> str:
        """Return it as it is."""
        return value

    def to_url(self, value: str) -> str:
        """Return it as it is."""
        return value


register_converter(ScenarioId, "scenario")

agents_urlpatterns = [
    path("health", doors.health),
    path("internal/tick", doors.internal_tick),
    path("roster", views.agents_roster),
    path("scenarios", views.scenarios),
    path("scenarios/<scenario:scenario_id>", views.scenario),
    path("scenarios/<scenario:scenario_id>/enable", views.scenario_enable_now),
    path("scenarios/<scenario:scenario_id>/disable", views.scenario_disable_now),
    path("scenarios/<scenario:scenario_id>/runs", views.scenario_runs),
    path("runs/<uuid:id>", views.run_detail),
    path("runs/<scenario:id>", views.run_start),
]
heartbeat_urlpatterns = [path("<uuid:code>", doors.heartbeat, name="api-heartbeat")]
