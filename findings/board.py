"""The list of findings: its filters, how many each would show, and the rows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import QueryDict

from agents.models import Severity
from findings.models import Finding
from findings.selectors import findings_listed
from opsportal.core.errors import UnparsableError
from opsportal.core.facets import Choice, Group, choices, chosen, replaced

SINCE = ("-opened_at", "-id")
"""The order of the list: the newest beginning first, so that what opened again comes to the top."""

ACTIVE, EVERY = "active", "all"
TABS: dict[str, Collection[str]] = {
    ACTIVE: Finding.ACTIVE,
    Finding.Status.OPEN: (Finding.Status.OPEN,),
    Finding.Status.ACKED: (Finding.Status.ACKED,),
    Finding.Status.RESOLVED: (Finding.Status.RESOLVED,),
    EVERY: (),
}
WORST_FIRST = Severity.values[::-1]
SCENARIOS = 100  # offered as choices


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for; what is empty lets everything through."""

    tab: str = ACTIVE
    severities: Sequence[str] = ()
    owners: Sequence[str] = ()
    scenarios: Sequence[str] = ()
    words: str = ""

    @property
    def facets(self) -> dict[str, Collection[str]]:
        """The chosen values by the names that they have in the address."""
        return {
            "status": TABS[self.tab],
            "severity": self.severities,
            "owner": self.owners,
            "scenario": self.scenarios,
        }

    @property
    def is_narrow(self) -> bool:
        """True when more than the tab was chosen."""
        return bool(self.severities or self.owners or self.scenarios or self.words)


@dataclass(frozen=True, slots=True)
class Facets:
    """The choices of every filter, each with how many findings it would show."""

    tabs: list[Choice] = field(default_factory=list)
    severities: list[Choice] = field(default_factory=list)
    owners: list[Choice] = field(default_factory=list)
    scenarios: list[Choice] = field(default_factory=list)


def wanted_of(query: QueryDict) -> Wanted:
    """Return what the address asks for; words that mean nothing here are left out."""
    tab = query.get("status", "")
    return Wanted(
        tab=tab if tab in TABS else ACTIVE,
        severities=chosen(query, "severity", Severity.values),
        owners=chosen(query, "owner"),
        scenarios=chosen(query, "scenario"),
        words=query.get("q", "").strip(),
    )


def findings_wanted(wanted: Wanted) -> QuerySet[Finding]:
    """Return the findings that match; page through them by SINCE."""
    rows = findings_listed(severities=wanted.severities, statuses=TABS[wanted.tab]).filter(_holds(wanted.words))
    if wanted.owners:
        rows = rows.filter(owner_agent__in=wanted.owners)
    return rows.filter(scenario__name__in=wanted.scenarios) if wanted.scenarios else rows


def findings_shown(codes: str) -> list[Finding]:
    """Return the findings with these codes (comma between), in the order in which they are named, gone or not.

    Raises UnparsableError when one is no code.
    """
    try:
        wanted = [UUID(code) for code in codes.split(",") if code]
    except ValueError:
        raise UnparsableError("That is not a list of findings.") from None
    found = {finding.code: finding for finding in findings_listed().filter(code__in=wanted)}
    return [found[code] for code in wanted if code in found]


def facets_of(query: QueryDict, wanted: Wanted) -> Facets:
    """Return the choices of every filter, from two queries that count the findings in groups."""
    names = ("status", "severity", "owner")
    rows = _narrowed(wanted).order_by().values_list("status", "severity", "owner_agent").annotate(total=Count("pk"))
    groups: list[Group] = [(dict(zip(names, row[:-1], strict=True)), row[-1]) for row in rows]
    chosen_now = {name: values for name, values in wanted.facets.items() if name in names}
    return Facets(
        tabs=_tabs(query, groups, wanted),
        severities=choices(query, "severity", groups, chosen_now, order=WORST_FIRST),
        owners=choices(query, "owner", groups, chosen_now, one=True),
        scenarios=_scenarios(query, wanted),
    )


def _narrowed(wanted: Wanted) -> QuerySet[Finding]:
    rows = Finding.objects.filter(_holds(wanted.words))
    return rows.filter(scenario__name__in=wanted.scenarios) if wanted.scenarios else rows


def _scenarios(query: QueryDict, wanted: Wanted) -> list[Choice]:
    """Return the scenarios with the most findings, and those that are chosen: nobody reads thousands."""
    rows = findings_wanted(replace(wanted, scenarios=())).order_by().values_list("scenario__name")
    most = rows.annotate(total=Count("pk")).order_by("-total", "scenario__name")[:SCENARIOS]
    groups: list[Group] = [({"scenario": name}, total) for name, total in most]
    return choices(query, "scenario", groups, {"scenario": wanted.scenarios}, one=True)


def _tabs(query: QueryDict, groups: Sequence[Group], wanted: Wanted) -> list[Choice]:
    others = {"severity": wanted.severities, "owner": wanted.owners}
    by_status = {choice.value: choice.count for choice in choices(query, "status", groups, others)}
    return [
        Choice(
            value=tab,
            count=sum(count for status, count in by_status.items() if not statuses or status in statuses),
            is_chosen=tab == wanted.tab,
            query=replaced(query, status=[] if tab == ACTIVE else [tab]),
        )
        for tab, statuses in TABS.items()
    ]


def _holds(words: str) -> Q:
    if not words:
        return Q()
    return Q(title__icontains=words) | Q(scenario__name__icontains=words) | Q(check_name__icontains=words)
