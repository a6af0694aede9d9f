"""Facts about the portal itself, collected before a tick looks, for the checks of kind ``self``.

An app that knows something registers a provider at start-up; a provider returns numbers, truths
and short words by name, and reads only its own tables.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

Provider = Callable[[datetime], Mapping[str, Any]]
_providers: dict[str, Provider] = {}


def register(name: str, provider: Provider) -> None:
    """Let ``provider`` contribute facts; the same name again replaces it."""
    _providers[name] = provider


def facts_at(at: datetime) -> dict[str, Any]:
    """Return every fact that is known at ``at``."""
    facts: dict[str, Any] = {}
    for provider in _providers.values():
        facts.update(provider(at))
    return facts
