"""What the registry gives to each agent, for the roster's pages."""

from collections.abc import Iterable

from django.urls import reverse

from agents.duties import Duty, register
from scenarios.board import board_read


def register_duties() -> None:
    """Let the roster show the scenarios of each agent."""
    register("scenarios", _duties)


def _duties(slug: str) -> Iterable[Duty]:
    return [
        Duty(row.owner, row.name, row.title, row.shown_state, reverse("scenarios:detail", args=[slug, row.name]))
        for row in board_read()
    ]
