"""The roster: who the agents are, what each reads, does and owns, and what waits for its people."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agents.duties import Duty, duties_by_agent
from agents.profile import Agent
from agents.roster import agent, inboxes_for, roster
from agents.selectors import inbox_counts, inbox_page
from opsportal.core.http import PortalRequest
from opsportal.institutions.access import Permission
from opsportal.institutions.web import requires

MESSAGES = 10


@dataclass(frozen=True, slots=True)
class Post:
    """An agent at work: what it owns, and how many messages wait in its inbox (None: it has none)."""

    agent: Agent
    duties: list[Duty]
    waiting: int | None


@requires(Permission.OPS_READ)
@require_safe
def agent_list(request: PortalRequest) -> HttpResponse:
    """Show all agents."""
    duties, counts = duties_by_agent(request.institution.slug), inbox_counts()
    posts = [_post(who, duties.get(who.id, []), counts.get(who.id, 0)) for who in roster()]
    return render(request, "agents/roster.html", {"posts": posts, "mine": inboxes_for(request.actor.roles)})


@requires(Permission.OPS_READ)
@require_safe
def agent_detail(request: PortalRequest, agent_id: str) -> HttpResponse:
    """Show one agent, and what waits in its inbox to those who read it."""
    who = agent(agent_id)
    mine = inboxes_for(request.actor.roles)
    post = _post(who, duties_by_agent(request.institution.slug).get(who.id, []), inbox_counts().get(who.id, 0))
    waiting = inbox_page([who.id], size=MESSAGES).items if who.id in mine else []
    return render(request, "agents/agent.html", {"post": post, "mine": mine, "messages_waiting": waiting})


def _post(who: Agent, duties: list[Duty], waiting: int) -> Post:
    return Post(agent=who, duties=duties, waiting=waiting if who.inbox else None)
