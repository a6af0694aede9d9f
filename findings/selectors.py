"""Reads of findings."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models import Case, Count, IntegerField, QuerySet, Value, When

from agents.models import Severity
from findings.models import Finding
from opsportal.core.errors import NotFoundError

_RANK = Case(
    *(When(severity=severity, then=Value(rank)) for rank, severity in enumerate(Severity.values)),
    output_field=IntegerField(),
)


def findings_listed(
    *, severities: Iterable[str] = (), statuses: Iterable[str] = (), owner: str = "", scenario: str = ""
) -> QuerySet[Finding]:
    """Return findings, newest first, that match every filter that is given."""
    rows = Finding.objects.select_related("institution", "scenario", "acked_by").order_by("-pk")
    if severities:
        rows = rows.filter(severity__in=list(severities))
    if statuses:
        rows = rows.filter(status__in=list(statuses))
    if owner:
        rows = rows.filter(owner_agent=owner)
    return rows.filter(scenario__name=scenario) if scenario else rows


def findings_active() -> QuerySet[Finding]:
    """Return what is wrong now, worst first, then newest."""
    return findings_listed(statuses=Finding.ACTIVE).annotate(rank=_RANK).order_by("-rank", "-pk")


def findings_by_severity() -> Mapping[str, int]:
    """Return how many findings are active, per severity."""
    rows = Finding.objects.filter(status__in=Finding.ACTIVE).order_by()
    return dict(rows.values_list("severity").annotate(total=Count("pk")))


def finding_get(code: UUID) -> Finding:
    """Return one finding; raise NotFoundError when it is not there or not yours."""
    found = findings_listed().filter(code=code).first()
    if found is None:
        raise NotFoundError("There is no such finding.")
    return found
