"""The page that says whether everything that ran was ordered."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from opsportal.core.http import PortalRequest
from opsportal.institutions.access import Permission
from opsportal.institutions.web import requires
from remediation.reconciliation import SECTIONS, Difference, Reconciliation, reconciliation_of
from remediation.views.page import show

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

ROWS = 200
_TITLES: "Mapping[str, _StrPromise]" = {
    "orphan": _("Done without an order"),
    "unapproved": _("Ordered without an approval"),
    "contradiction": _("Said in two ways"),
    "fork": _("Journals that were rewritten"),
    "unknown": _("Outcome not known"),
    "lag": _("Lines that have not arrived"),
    "silent": _("Runtimes that are not heard"),
    "never_run": _("Ordered, and never run"),
}


@requires(Permission.LEDGER_READ)
@require_safe
def reconciliation(request: PortalRequest) -> HttpResponse:
    """Show what journals, orders, approvals and the ledger say when they are held against each other."""
    found = reconciliation_of(timezone.now())
    sections = [
        {"name": name, "title": _TITLES[name], "total": len(rows), "rows": [_row(found, one) for one in rows[:ROWS]]}
        for name in SECTIONS
        if (rows := found.of(name))
    ]
    return show(request, "remediation/reconciliation.html", {"found": found, "sections": sections, "most": ROWS})


def _row(found: Reconciliation, one: Difference) -> dict[str, object]:
    return {"difference": one, "runtime": found.names.get(one.runtime, "") if one.runtime else ""}
