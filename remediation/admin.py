"""Governance in the admin: everything can be read there, nothing can be typed, and what is done goes through services.

Nobody votes here: that takes the page of the plan, where it is seen.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from opsportal.institutions.access import Permission
from opsportal.institutions.admin_base import may
from opsportal.institutions.admin_rows import RowAdmin, labelled
from remediation.models import (
    Approval,
    ApprovalLink,
    Brakes,
    Bundle,
    Delegation,
    Job,
    JobOutput,
    JournalLine,
    OrderKey,
    Proposal,
    Release,
    Runtime,
    SeenNonce,
    Vote,
)
from remediation.services import job_cancel, runtime_revoke


class GovernanceAdmin(RowAdmin):
    """Rows that whoever may see proposals may see."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return True for whoever may see proposals."""
        return may(request, Permission.PROPOSAL_READ)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Return True when the app is shown at all."""
        return self.has_view_permission(request)


@admin.register(Proposal)
class ProposalPage(GovernanceAdmin):
    """What people and agents asked for, newest first."""

    list_display = (
        "operation",
        "risk",
        labelled("status", "Status"),
        labelled("outcome", "Outcome"),
        "requested_by",
        "runtime",
        "created_at",
    )
    list_filter = ("status", "risk", "operation", "outcome")
    list_select_related = ("requested_by", "runtime")
    search_fields = ("operation", "reason", "plan_digest")
    date_hierarchy = "created_at"


@admin.register(Approval)
class ApprovalPage(GovernanceAdmin):
    """Requests to people to agree."""

    list_display = ("proposal", labelled("status", "Status"), "rule", "expires_at", "created_at")
    list_filter = ("status", "rule")
    list_select_related = ("proposal",)
    search_fields = ("plan_digest",)


@admin.register(Vote)
class VotePage(GovernanceAdmin):
    """What people said."""

    list_display = ("approval", labelled("verdict", "Verdict"), "voter", "stage", "via", "cast_at")
    list_filter = ("verdict", "via", "stage")
    list_select_related = ("approval__proposal", "voter")


@admin.register(Job)
class JobPage(GovernanceAdmin):
    """Orders and what became of them."""

    list_display = (
        "proposal",
        labelled("mode", "Mode"),
        labelled("status", "Status"),
        "runtime",
        "result_code",
        "summary",
        "created_at",
    )
    list_filter = ("status", "mode", "result_code")
    list_select_related = ("proposal", "runtime")
    search_fields = ("summary", "order_digest", "plan_digest")
    actions = ("cancel",)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Offer cancelling to whoever may."""
        return may(request, Permission.APPROVAL_DECIDE)

    @admin.action(description="Cancel what nobody has taken", permissions=["decide"])
    def cancel(self, request: HttpRequest, rows: QuerySet[Job]) -> None:
        """Cancel jobs that wait."""
        self.each(request, rows, lambda row, actor: job_cancel(job=row, actor=actor), done="Cancelled")


@admin.register(JobOutput)
class JobOutputPage(GovernanceAdmin):
    """What jobs said while they ran."""

    list_display = ("job", "offset", "received_at")
    list_select_related = ("job__proposal",)


@admin.register(Bundle)
class BundlePage(GovernanceAdmin):
    """Compiled contracts."""

    list_display = ("contract", "digest", "source_digest", "created_at")
    search_fields = ("contract", "digest")


@admin.register(Release)
class ReleasePage(GovernanceAdmin):
    """Which contract was in force where, and since when."""

    list_display = ("bundle", "department", labelled("status", "Status"), "is_rollback", "released_at")
    list_filter = ("status", "department")
    list_select_related = ("bundle", "department")


@admin.register(Runtime)
class RuntimePage(GovernanceAdmin):
    """The programs on the machines."""

    list_display = ("name", "department", labelled("status", "Status"), "version", "platform", "last_seen_at")
    list_filter = ("status", "department")
    list_select_related = ("department",)
    search_fields = ("name", "root", "platform")
    hidden = ("enrol_digest",)
    actions = ("revoke",)

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """Offer revoking to whoever may."""
        return may(request, Permission.RUNTIME_MANAGE)

    @admin.action(description="Revoke for good", permissions=["manage"])
    def revoke(self, request: HttpRequest, rows: QuerySet[Runtime]) -> None:
        """End runtimes for good."""
        self.each(request, rows, lambda row, actor: runtime_revoke(runtime=row, actor=actor), done="Revoked")


@admin.register(OrderKey)
class OrderKeyPage(GovernanceAdmin):
    """The public halves of the keys that sign orders."""

    list_display = ("kid", "public", "created_at", "retired_at")
    hidden = ("private",)


@admin.register(JournalLine)
class JournalLinePage(GovernanceAdmin):
    """What runtimes say that they did."""

    list_display = ("runtime", "seq", "kind", "job", "received_at")
    list_filter = ("kind", "runtime")
    list_select_related = ("runtime",)


@admin.register(SeenNonce)
class SeenNoncePage(GovernanceAdmin):
    """Requests of runtimes that were taken in the last minutes."""

    list_display = ("runtime", "nonce", "seen_at")
    list_select_related = ("runtime",)


@admin.register(Delegation)
class DelegationPage(GovernanceAdmin):
    """Who may vote in whose place."""

    list_display = ("role", "from_user", "to_user", "until", "ended_at")
    list_filter = ("role",)
    list_select_related = ("from_user", "to_user")


@admin.register(ApprovalLink)
class ApprovalLinkPage(GovernanceAdmin):
    """Links by which one person decides, once."""

    list_display = ("approval", "user", "expires_at", "used_at")
    list_select_related = ("approval__proposal", "user")
    hidden = ("digest",)


@admin.register(Brakes)
class BrakesPage(GovernanceAdmin):
    """What holds everything back. It is pulled and released on the pages of governance."""

    list_display = ("institution", "stopped_at", "frozen_at", "safe_mode")
