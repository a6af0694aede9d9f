"""Duties: what an agent looks after, as the roster shows it.

``scenarios`` registers what the registry gives to each owner; this app never looks inside.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing that an agent owns, with its state now. ``url`` is its page."""

    agent: str
    name: str
    title: str
    state: str
    url: str


Provider = Callable[[str], Iterable[Duty]]
"""Takes the slug of the institution in scope; a constant number of queries."""

_providers: dict[str, Provider] = {}


def register(name: str, provider: Provider) -> None:
    """Let ``provider`` tell duties; the same name again replaces it."""
    _providers[name] = provider


def duties_by_agent(slug: str) -> dict[str, list[Duty]]:
    """Return what each agent (by roster id) looks after in the institution in scope."""
    duties: dict[str, list[Duty]] = {}
    for provider in _providers.values():
        for duty in provider(slug):
            duties.setdefault(duty.agent, []).append(duty)
    return duties
