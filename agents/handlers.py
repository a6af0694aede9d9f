"""Handlers: what agents can answer without a model.

A handler belongs to the app that knows the facts and registers itself at start-up. It is asked in
order of registration whether it understands the question; the first that answers wins.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from agents.models import Thread
from agents.profile import Agent
from agents.roster import roster


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asked, whom, and about which thread."""

    institution_id: UUID
    text: str
    agent: Agent
    thread: Thread | None = None
    include_findings: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """A deterministic answer; ``context`` is what the context window shows as its evidence."""

    body: str
    context: dict[str, Any] = field(default_factory=dict)


Handler = Callable[[Question], Answer | None]
_handlers: dict[str, tuple[re.Pattern[str], Handler]] = {}


def register(name: str, pattern: str, handler: Handler) -> None:
    """Let ``handler`` answer questions that ``pattern`` matches (case does not count).

    Registering a name again replaces it, so that a reload is harmless.
    """
    _handlers[name] = (re.compile(pattern, re.IGNORECASE), handler)


def answer(question: Question) -> Answer:
    """Return what the first handler that understands the question says, else what can be asked."""
    for pattern, handler in _handlers.values():
        if pattern.search(question.text):
            reply = handler(question)
            if reply is not None:
                return reply
    return Answer(
        f"{question.agent.name} did not understand that. Without a model I answer fixed questions: "
        "“what is open”, “status of <scenario>”, “what can you do”, “who is there”."
    )


def _abilities(question: Question) -> Answer:
    agent = question.agent
    reads = ", ".join(map(str, agent.reads)) or "nothing"
    actions = "; ".join(f"{action.title} ({action.risk})" for action in agent.actions) or "none"
    return Answer(f"I am {agent.name} ({agent.codename}), {agent.role}. I read: {reads}. My actions: {actions}.")


def _who(question: Question) -> Answer:
    return Answer("\n".join(f"{agent.id} {agent.name}: {agent.role}" for agent in roster()))


def register_own() -> None:
    """Register what this app itself can answer."""
    register("abilities", r"\b(what can you do|abilities|help|ajuda|o que voc[eê] faz)\b", _abilities)
    register("who", r"\b(who is there|roster|agents|quem est[aá])\b", _who)
