"""Who is told that a chain is broken. The ledger finds it; what follows is decided by higher apps."""

from collections.abc import Callable
from uuid import UUID

Alarm = Callable[[UUID, str, int], None]
_alarms: dict[str, Alarm] = {}


def alarm_register(name: str, alarm: Alarm) -> None:
    """Tell ``alarm`` of every broken chain: institution, fault (a code), and the first seq that is wrong."""
    _alarms[name] = alarm


def alarms_raise(institution_id: UUID, fault: str, seq: int) -> None:
    """Tell everybody that the chain of an institution is broken from ``seq`` on. Call it outside a unit."""
    for alarm in _alarms.values():
        alarm(institution_id, fault, seq)
