"""The lists of governance: proposals, approvals and jobs with their filters, and what each row says."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db.models import Count, Model, Q, QuerySet
from django.http import QueryDict

from opsportal.core.facets import Choice, Group, choices, chosen, replaced
from remediation import selectors
from remediation.models import Approval, Job, Proposal, Vote

M = TypeVar("M", bound=Model)
MINE, ASKED, EVERY = "mine", "asked", "all"
TABS = (MINE, ASKED, EVERY)
# What a row never shows, and what would be most of what a list reads.
_HEAVY_PROPOSAL = ("plan", "snapshot", "decision")
_HEAVY_JOB = ("order", "result", "result_envelope")
STATUSES = tuple(Proposal.Status.values)
JOB_STATUSES = tuple(Job.Status.values)


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """An approval in a list, and how many of its votes are in."""

    approval: Approval
    counted: int
    needed: int


@dataclass(frozen=True, slots=True)
class Filters:
    """The choices of every filter of a list, each with how many rows it would show."""

    statuses: list[Choice] = field(default_factory=list)
    operations: list[Choice] = field(default_factory=list)
    is_narrow: bool = False


def approvals_of(tab: str, roles: Collection[str], person: str) -> QuerySet[Approval] | list[Approval]:
    """Return the approvals of a tab: those that wait for ``person``, those that they asked for, or all."""
    if tab == MINE:
        return selectors.approvals_owed(roles, person)
    rows = _light(selectors.approvals_listed(), "proposal__", _HEAVY_PROPOSAL)
    if tab == ASKED:
        return rows.filter(Q(proposal__requester_id=person) | Q(proposal__requested_by__code=person))
    return rows


def approval_rows(approvals: Sequence[Approval]) -> list[ApprovalRow]:
    """Return the rows of ``approvals``, whose votes were read before."""
    return [ApprovalRow(one, *votes_counted(one)) for one in approvals]


def votes_counted(approval: Approval) -> tuple[int, int]:
    """Return how many votes are in and how many it takes, stage by stage; the engine alone says when that is enough."""
    given = [vote.stage for vote in approval.votes.all() if vote.verdict == Vote.Verdict.APPROVE]
    counted = sum(min(given.count(stage["id"]), stage["quorum"]) for stage in approval.stages)
    return counted, sum(stage["quorum"] for stage in approval.stages)


def proposals_wanted(query: QueryDict, person: str) -> QuerySet[Proposal]:
    """Return the proposals that the address asks for."""
    rows = selectors.proposals_listed(
        statuses=chosen(query, "status", STATUSES),
        operation=query.get("operation", ""),
        requester=person if query.get("mine") else "",
    )
    return _light(rows, "", _HEAVY_PROPOSAL).defer(*_HEAVY_PROPOSAL, "bundle__artifacts", "bundle__source")


def proposal_filters(query: QueryDict, person: str) -> Filters:
    """Return the filters of the proposals, from one query that counts them in groups."""
    rows = Proposal.objects.filter(requester_id=person) if query.get("mine") else Proposal.objects.all()
    groups = _groups(rows, "status", "operation")
    wanted: dict[str, Collection[str]] = {
        "status": chosen(query, "status", STATUSES),
        "operation": [query.get("operation", "")] if query.get("operation") else [],
    }
    return Filters(
        statuses=choices(query, "status", groups, wanted, order=STATUSES),
        operations=choices(query, "operation", groups, wanted, one=True),
        is_narrow=any(wanted.values()) or bool(query.get("mine")),
    )


def jobs_wanted(query: QueryDict) -> QuerySet[Job]:
    """Return the jobs that the address asks for."""
    rows = selectors.jobs_listed(statuses=chosen(query, "status", JOB_STATUSES), mode=_mode(query))
    if query.get("operation"):
        rows = rows.filter(proposal__operation=query["operation"])
    if query.get("runtime"):
        rows = rows.filter(runtime__name=query["runtime"])
    return rows.defer(*_HEAVY_JOB, *(f"proposal__{name}" for name in _HEAVY_PROPOSAL))


def job_filters(query: QueryDict) -> Filters:
    """Return the filters of the jobs, from one query that counts them in groups."""
    rows = Job.objects.filter(mode=_mode(query)) if _mode(query) else Job.objects.all()
    if query.get("runtime"):
        rows = rows.filter(runtime__name=query["runtime"])
    groups = _groups(rows, "status", "proposal__operation")
    named: list[Group] = [({"status": one["status"], "operation": one["proposal__operation"]}, n) for one, n in groups]
    wanted: dict[str, Collection[str]] = {
        "status": chosen(query, "status", JOB_STATUSES),
        "operation": [query.get("operation", "")] if query.get("operation") else [],
    }
    return Filters(
        statuses=choices(query, "status", named, wanted, order=JOB_STATUSES),
        operations=choices(query, "operation", named, wanted, one=True),
        is_narrow=any(wanted.values()) or bool(query.get("runtime")),
    )


def tabs_of(query: QueryDict, name: str, values: Sequence[str]) -> list[Choice]:
    """Return tabs whose counts nobody needs; the first is what an address without one shows."""
    now = query.get(name) if query.get(name) in values else values[0]
    return [
        Choice(value, 0, value == now, replaced(query, **{name: [] if value == values[0] else [value]}))
        for value in values
    ]


def tab_chosen(tabs: Sequence[Choice]) -> str:
    """Return the value of the tab that is open."""
    return next(tab.value for tab in tabs if tab.is_chosen)


def _mode(query: QueryDict) -> str:
    return query.get("mode", "") if query.get("mode") in Job.Mode.values else ""


def _light(rows: QuerySet[M], path: str, heavy: Collection[str]) -> QuerySet[M]:
    return rows.defer(*(f"{path}{name}" for name in heavy))


def _groups(rows: QuerySet[Any], *names: str) -> list[tuple[Mapping[str, str], int]]:
    counted = rows.order_by().values_list(*names).annotate(total=Count("pk"))
    return [(dict(zip(names, row[:-1], strict=True)), row[-1]) for row in counted]
