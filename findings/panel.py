"""The findings of a scenario, on its page."""

from collections.abc import Mapping
from typing import Any

from findings.models import Finding
from scenarios.models import Scenario
from scenarios.panels import Panel, register

NEWEST = 10


def register_panel() -> None:
    """Show findings on the pages of scenarios."""
    register("findings", Panel(template="findings/_of_scenario.html", read=_read))


def _read(scenario: Scenario) -> Mapping[str, Any]:
    found = Finding.objects.filter(scenario=scenario).select_related("acked_by").order_by("-opened_at", "-pk")
    return {"findings": list(found[:NEWEST])}
