"""What the page of one finding is made of: the problem, its proof, and what happened since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agents.chronicle import Line, lines_of
from agents.models import Message, Thread
from findings.models import Finding
from findings.words import fingerprint_fields
from ledger.kinds import Kind
from ledger.models import Entry
from opsportal.core.canonical import canonical_text
from opsportal.institutions.personal import personal
from opsportal.institutions.selectors import people_named
from scenarios.board import board_read
from scenarios.detail import plot_context
from scenarios.markdown import markdown_html
from scenarios.models import CheckState, Run, Scenario
from scenarios.registry import ScenarioSpec, registry_active
from scenarios.selectors import STRIP, runs_recent

PLOTTED = 120
BEFORE, AFTER = 10, 20  # runs around the moment at which a finding that is over began
EVENTS = 200  # the newest lines of the timeline
_MESSAGES = frozenset({Kind.MESSAGE_POSTED})


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the timeline: an entry of the ledger, a message, or a message with its entry."""

    at: datetime
    line: Line | None = None
    message: Message | None = None
    speaker: str = ""


@dataclass(frozen=True, slots=True)
class Hysteresis:
    """How the looks of the check stand against the thresholds that open and close."""

    bad: int
    good: int
    blind: int
    down_after: int
    up_after: int


def story_of(finding: Finding, *, measure: str = "") -> dict[str, Any]:
    """Return what the page of ``finding`` shows, with ``measure`` plotted; a constant number of queries."""
    registry = registry_active()
    spec = registry.scenarios.get(finding.scenario.name)
    entries = list(Entry.objects.filter(case=finding.code).order_by("-seq")[:EVENTS])
    lines = lines_of(entries)
    opening = _opening(finding)
    runs = runs_around(finding, opening)
    return {
        "finding": finding,
        "spec": spec,
        "fingerprint": canonical_text(fingerprint_fields(finding.scenario.name, finding.check_name)),
        "hysteresis": _hysteresis(finding, spec),
        "events": _events(finding, lines),
        "birth": next(
            (line for line in lines if line.entry.kind in {Kind.FINDING_OPENED, Kind.FINDING_REOPENED}), None
        ),
        "runs": runs[::-1][:STRIP],
        "strip": runs[-STRIP:],
        "marked": opening.code if opening else None,
        **plot_context(runs, measure),
        "affected": _affected(finding),
        "cause": _cause(finding),
        "runbook": markdown_html(spec.runbook) if spec else "",
        "row": next(iter(board_read(registry, names=[finding.scenario.name])), None),
    }


def runs_around(finding: Finding, opening: Run | None) -> list[Run]:
    """Return the runs that show the finding, oldest first: the newest, or those around its beginning when it is over."""
    recent = runs_recent(finding.scenario)
    if finding.status != Finding.Status.RESOLVED:
        return list(recent[:PLOTTED])[::-1]
    if opening is None:
        return []
    before = list(recent.filter(pk__lt=opening.pk)[:BEFORE])[::-1]
    return [*before, *recent.filter(pk__gte=opening.pk).order_by("pk")[:AFTER]]


def _opening(finding: Finding) -> Run | None:
    """Return the run whose look its evidence is; None when it is long ago and forgotten."""
    code = finding.evidence.get("run")
    return Run.objects.filter(code=code).only("code").first() if code else None


def _hysteresis(finding: Finding, spec: ScenarioSpec | None) -> Hysteresis | None:
    if spec is None:
        return None
    streak = CheckState.objects.filter(scenario=finding.scenario, check_name=finding.check_name).first() or CheckState()
    return Hysteresis(streak.bad, streak.good, streak.blind, spec.down_after, spec.up_after)


def _events(finding: Finding, lines: Sequence[Line]) -> list[Event]:
    """Return entries and messages as one story, newest first; a message stands for the entry that records it."""
    messages = _messages(finding)
    codes = {message.from_id for message in messages if message.from_type == "human"}
    names = {code: personal(name) for code, name in people_named(codes).items()}
    posted = {line.subject[1]: line for line in lines if line.entry.kind in _MESSAGES}
    told = [
        Event(
            at=message.created_at,
            message=message,
            line=posted.get(str(message.code)),
            speaker=names.get(message.from_id, ""),
        )
        for message in messages
    ]
    done = [Event(at=line.entry.ts, line=line) for line in lines if line.entry.kind not in _MESSAGES]
    return sorted([*told, *done], key=lambda event: event.at, reverse=True)[:EVENTS]


def _messages(finding: Finding) -> list[Message]:
    if finding.thread_code is None:
        return []
    thread = Thread.objects.filter(code=finding.thread_code).values("pk")
    return list(Message.objects.filter(thread__in=thread).order_by("-pk")[:EVENTS])


def _affected(finding: Finding) -> list[Scenario]:
    """Return the scenarios that cannot be seen because of it."""
    if not finding.affected_count:
        return []
    return list(Scenario.objects.filter(cause=finding.scenario.name, is_retired=False).order_by("name")[:200])


def _cause(finding: Finding) -> Finding | None:
    """Return the finding that is to blame, when its scenario has an active one."""
    if not finding.cause:
        return None
    active = Finding.objects.filter(scenario__name=finding.cause, status__in=Finding.ACTIVE)
    return active.select_related("institution", "scenario").first()
