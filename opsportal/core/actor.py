"""Who did it: every write names an Actor."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class ActorKind(StrEnum):
    """The five kinds of actor that the ledger knows."""

    HUMAN = "human"
    AGENT = "agent"
    RUNTIME = "runtime"
    SCHEDULE = "schedule"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """The one who acts, as the ledger will name it.

    ``id`` is opaque: a person's ``User.code``, an agent's roster id, or a fixed
    word such as ``ticker``. ``roles`` are the names that counted when the act was
    allowed. ``institution_id`` is None only for acts on the whole installation.
    """

    kind: ActorKind
    id: str
    institution_id: UUID | None = None
    roles: frozenset[str] = field(default_factory=frozenset)
    on_behalf_of: str | None = None


SYSTEM = Actor(kind=ActorKind.SYSTEM, id="opsportal")
TICKER = Actor(kind=ActorKind.SCHEDULE, id="ticker")
ENGINE = Actor(kind=ActorKind.SYSTEM, id="engine")
