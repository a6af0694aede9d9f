"""The action log: every entry of the ledger and every run of a round, as one list, newest first."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from ledger.kinds import Kind
from ledger.models import Entry
from opsportal.core.merged import Source, page_merged
from opsportal.core.pages import SIZE, Page
from scenarios.actors import TICK_ACTORS
from scenarios.models import Run, Tick


@dataclass(frozen=True, slots=True)
class Action:
    """Who did what. ``seq`` is None for the run of a round: the entry of the round holds the digest over its runs."""

    at: datetime
    kind: str
    actor_kind: str
    actor_id: str
    subject: str
    case: UUID | None
    seq: int | None
    data: Mapping[str, Any] = field(default_factory=dict)
    entry: Entry | None = None


def actions_page(*, kinds: Collection[str] = (), cursor: str = "", size: int = SIZE) -> Page[Action]:
    """Return a page of what was done in the institution in scope, newest first; of these ``kinds`` if any are given.

    Two queries at any depth. The cursor holds a place in each table, and both grow in the order in which they
    commit: following ``previous`` misses nothing that was written later. Raises UnparsableError on a cursor of
    another list.
    """
    sources: list[Source[Action]] = (
        [_Entries(kinds), _Runs()] if not kinds or Kind.RUN_COMPLETED in kinds else [_Entries(kinds)]
    )
    label = f"actions:{','.join(sorted(kinds))}"
    return page_merged(sources, at=lambda action: action.at, label=label, cursor=cursor, size=size)


class _Entries:
    def __init__(self, kinds: Collection[str]) -> None:
        self.rows = Entry.objects.filter(kind__in=kinds) if kinds else Entry.objects.all()

    def older(self, cut: int | None, limit: int) -> list[tuple[int, Action]]:
        rows = self.rows if cut is None else self.rows.filter(seq__lt=cut)
        return [(entry.seq, _of_entry(entry)) for entry in rows.order_by("-seq")[:limit]]

    def newer(self, cut: int, limit: int) -> list[tuple[int, Action]]:
        return [(entry.seq, _of_entry(entry)) for entry in self.rows.filter(seq__gte=cut).order_by("seq")[:limit]]


class _Runs:
    """Runs of rounds only: a run by hand is an entry."""

    def __init__(self) -> None:
        self.rows = Run.objects.filter(tick__isnull=False).select_related("scenario", "tick")

    def older(self, cut: int | None, limit: int) -> list[tuple[int, Action]]:
        rows = self.rows if cut is None else self.rows.filter(pk__lt=cut)
        return [(run.pk, _of_run(run)) for run in rows.order_by("-pk")[:limit]]

    def newer(self, cut: int, limit: int) -> list[tuple[int, Action]]:
        return [(run.pk, _of_run(run)) for run in self.rows.filter(pk__gte=cut).order_by("pk")[:limit]]


def _of_entry(entry: Entry) -> Action:
    content = entry.content
    return Action(
        at=entry.ts,
        kind=entry.kind,
        actor_kind=content.get("actor_kind", ""),
        actor_id=entry.actor,
        subject=entry.subject,
        case=entry.case,
        seq=entry.seq,
        data=content.get("data", {}),
        entry=entry,
    )


def _of_run(run: Run) -> Action:
    assert run.tick is not None  # noqa: S101  runs by hand are left out
    actor = TICK_ACTORS[Tick.Trigger(run.tick.trigger)]
    data = {
        "run": str(run.code),
        "scenario": run.scenario.name,
        "state": run.state,
        "findings": run.findings_count,
        "duration_ms": run.duration_ms,
        "tick": str(run.tick.code),
    }
    return Action(
        at=run.started_at,
        kind=Kind.RUN_COMPLETED,
        actor_kind=actor.kind,
        actor_id=actor.id,
        subject=f"run:{run.code}",
        case=None,
        seq=None,
        data=data,
    )
