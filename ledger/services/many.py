"""Move many rows at once: one statement for the rows, one entry for each."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from django.db import models

from ledger.kinds import Kind
from ledger.services.unit import entry_record
from opsportal.core.actor import Actor
from opsportal.core.canonical import Json

M = TypeVar("M", bound=models.Model)


def states_move(
    objs: Sequence[M],
    *,
    to: str,
    kind: Kind,
    actor: Actor,
    data_of: Callable[[M], Mapping[str, object]] | None = None,
    private: Mapping[str, Json] | None = None,
    **changes: Any,
) -> list[M]:
    """Move those of ``objs`` (of one model) whose ``MOVES`` allow it, and record each; return them.

    The rows are locked first, so that exactly those that move are recorded. An object that somebody else
    moved meanwhile is left out: the caller that must know compares what it gave with what it got. ``private``
    is the same for all; each entry commits to its own copy.
    """
    if not objs:
        return []
    model = type(objs[0])
    moves: Mapping[str, set[str]] = model.MOVES  # type: ignore[attr-defined]  # every model with a status declares it
    sources = [state for state, targets in moves.items() if to in targets]
    rows = model._default_manager.filter(pk__in=[obj.pk for obj in objs])
    ready = rows.filter(status__in=sources).select_for_update().order_by("pk")
    keys = set(ready.values_list("pk", flat=True))
    rows.filter(pk__in=keys).update(status=to, **changes)
    moved = [obj for obj in objs if obj.pk in keys]
    for obj in moved:
        for name, value in {"status": to, **changes}.items():
            setattr(obj, name, value)
        entry_record(kind=kind, subject=obj, actor=actor, data=data_of(obj) if data_of else None, private=private)
    return moved
