"""Panels: what higher apps show on the page of a scenario.

``findings`` registers its panel at start-up; this app never looks inside.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scenarios.models import Scenario


@dataclass(frozen=True, slots=True)
class Panel:
    """``template`` is drawn with what ``read`` returns for a scenario, in a constant number of queries."""

    template: str
    read: Callable[[Scenario], Mapping[str, Any]]


_panels: dict[str, Panel] = {}


def register(name: str, panel: Panel) -> None:
    """Show ``panel`` on the page of every scenario; the same name again replaces it."""
    _panels[name] = panel


def panels_of(scenario: Scenario) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the template and the context of every panel."""
    return [(panel.template, panel.read(scenario)) for panel in _panels.values()]
