"""The shape of a roster entry: an agent, its actions, and the rule of each action."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from opsportal.core.errors import NotFoundError
from opsportal.institutions.access import Role

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class Risk(StrEnum):
    """What an action can do to a system, from nothing to harm that stays."""

    R0 = "R0"  # observes
    R1 = "R1"  # reversible and local: a note, a message, a check run again
    R2 = "R2"  # changes a service or a file
    R3 = "R3"  # destructive, irreversible, or it touches security

    @property
    def votes_needed(self) -> int:
        """How many people, none of them the requester, must approve when no contract says otherwise."""
        return {Risk.R0: 0, Risk.R1: 0, Risk.R2: 1, Risk.R3: 2}[self]


@dataclass(frozen=True, slots=True)
class Action:
    """One thing an agent does, and the rule for it.

    With ``approvers`` the agent can only propose, and people in one of these roles decide.
    Without, it acts by itself. Raises ValueError for a rule that the risk class does not allow.
    """

    name: str
    title: "str | _StrPromise"
    risk: Risk
    approvers: tuple[Role, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.approvers) != (self.risk.votes_needed > 0):
            raise ValueError(f"{self.name}: {self.risk} needs {'an approver' if self.risk.votes_needed else 'none'}")

    @property
    def is_automatic(self) -> bool:
        """True when nobody is asked first."""
        return not self.approvers


@dataclass(frozen=True, slots=True)
class Agent:
    """One logical agent. ``inbox`` holds the roles whose people its messages wait for; empty: nobody.

    ``proposes_only`` agents carry nothing out, not even what was approved: people or the
    runtime do. Raises ValueError when such an agent has an action with an effect of its own.
    """

    id: str
    codename: str
    name: str
    role: "str | _StrPromise"
    inbox: tuple[Role, ...]
    reads: "tuple[str | _StrPromise, ...]"
    actions: tuple[Action, ...]
    proposes_only: bool = False

    def __post_init__(self) -> None:
        if self.proposes_only and any(action.is_automatic and action.risk != Risk.R0 for action in self.actions):
            raise ValueError(f"{self.id} may only observe and propose")

    def action(self, name: str) -> Action:
        """Return the action called ``name``; raise NotFoundError when this agent has none of that name."""
        for action in self.actions:
            if action.name == name:
                return action
        raise NotFoundError(f"{self.id} has no action {name!r}")
