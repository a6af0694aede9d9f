"""Findings in the admin. They are acknowledged through services; the rounds do the rest."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from findings.models import Finding
from findings.services import finding_ack, finding_ack_undo
from opsportal.institutions.access import Permission
from opsportal.institutions.admin_base import may
from opsportal.institutions.admin_rows import RowAdmin, labelled


@admin.register(Finding)
class FindingPage(RowAdmin):
    """What is wrong or was, newest first."""

    list_display = (
        "title",
        labelled("severity", "Severity"),
        labelled("status", "Status"),
        labelled("state", "State"),
        "owner_agent",
        "count",
        "opened_at",
        "last_seen_at",
        "acked_by",
    )
    list_filter = ("status", "severity", "state", "owner_agent", "scenario")
    list_select_related = ("acked_by",)
    search_fields = ("title", "reason", "scenario__name", "check_name")
    search_help_text = "Words of the title or reason, a scenario, or a whole code"
    date_hierarchy = "opened_at"
    actions = ("acknowledge", "take_back")

    def has_write_permission(self, request: HttpRequest) -> bool:
        """Offer the actions to whoever may."""
        return may(request, Permission.OPS_WRITE)

    @admin.action(description="Acknowledge", permissions=["write"])
    def acknowledge(self, request: HttpRequest, rows: QuerySet[Finding]) -> None:
        """Acknowledge findings under the name of whoever is logged in."""
        self.each(request, rows, lambda row, actor: finding_ack(finding=row, actor=actor), done="Acknowledged")

    @admin.action(description="Take the acknowledgement back", permissions=["write"])
    def take_back(self, request: HttpRequest, rows: QuerySet[Finding]) -> None:
        """Let findings be open again."""
        self.each(request, rows, lambda row, actor: finding_ack_undo(finding=row, actor=actor), done="Open again")
