"""The roster: who the agents are, what they read, what they do, and who must agree first.

It is data. Nothing is decided by it: the portal shows it, messages are routed by it, and a
proposal of an agent starts from the rule of its action.
"""

from collections.abc import Collection

from agents.profile import Agent
from agents.roster_data import AGENTS
from opsportal.core.errors import NotFoundError
from opsportal.institutions.access import Role

CHAT_DEFAULT = "A6"
READERS = frozenset({Role.NOC, Role.AUDITOR})
"""Roles that read every inbox and answer in none."""
EVERYWHERE = READERS | {Role.SUPER_ADMIN}

_BY_ID = {who.id: who for who in AGENTS}


def roster() -> tuple[Agent, ...]:
    """Return every agent, in the order in which people know them."""
    return AGENTS


def agent(agent_id: str) -> Agent:
    """Return the agent with this roster id, such as ``A6``; raise NotFoundError when there is none."""
    try:
        return _BY_ID[agent_id]
    except KeyError:
        raise NotFoundError(f"there is no agent {agent_id!r}") from None


def inboxes_for(roles: Collection[str], *, to_write: bool = False) -> tuple[str, ...]:
    """Return the roster ids of the inboxes that somebody with ``roles`` sees, in roster order.

    With ``to_write`` only those whose messages they may answer and archive: what they see as
    noc or auditor alone is left out.
    """
    held = set(roles) - READERS if to_write else set(roles)
    sees_all = not held.isdisjoint(EVERYWHERE)
    return tuple(who.id for who in AGENTS if who.inbox and (sees_all or not held.isdisjoint(who.inbox)))
