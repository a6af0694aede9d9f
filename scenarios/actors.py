"""Who runs a round, by the door it came through: what the ledger and the action log name."""

from collections.abc import Mapping

from opsportal.core.actor import TICKER, Actor, ActorKind
from scenarios.models import Tick

TICK_ACTORS: Mapping[Tick.Trigger, Actor] = {
    Tick.Trigger.TICKER: TICKER,
    Tick.Trigger.ENDPOINT: Actor(kind=ActorKind.SCHEDULE, id="tick-endpoint"),
    Tick.Trigger.COMMAND: Actor(kind=ActorKind.SYSTEM, id="manage.py"),
}
