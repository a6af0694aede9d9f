"""What is watched and what was seen, in the admin. Scenarios are switched and run through services."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from opsportal.institutions.access import Permission
from opsportal.institutions.admin_base import may
from opsportal.institutions.admin_rows import InstallationAdmin, RowAdmin, labelled
from scenarios.models import CheckState, Heartbeat, RegistryVersion, Run, Scenario, Tick, TickLease
from scenarios.registry.services import scenario_disable, scenario_enable
from scenarios.services import scenario_run

RUNS_AT_ONCE = 5  # each may take as long as its slowest check, and the browser waits for all


@admin.register(Scenario)
class ScenarioPage(RowAdmin):
    """The standing of each scenario."""

    list_display = (
        "name",
        labelled("state", "State"),
        "is_enabled",
        "reason",
        "cause",
        "state_since",
        "last_run_at",
        "next_due_at",
    )
    list_filter = ("state", "is_enabled", "is_retired")
    search_fields = ("name", "reason", "cause")
    actions = ("enable", "disable", "run")

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """Offer switching to whoever may."""
        return may(request, Permission.SCENARIO_MANAGE)

    def has_run_permission(self, request: HttpRequest) -> bool:
        """Offer running to whoever may."""
        return may(request, Permission.RUN_START)

    @admin.action(description="Watch", permissions=["manage"])
    def enable(self, request: HttpRequest, rows: QuerySet[Scenario]) -> None:
        """Watch scenarios again."""
        self.each(request, rows, lambda row, actor: scenario_enable(scenario=row, actor=actor), done="Watched")

    @admin.action(description="Stop watching", permissions=["manage"])
    def disable(self, request: HttpRequest, rows: QuerySet[Scenario]) -> None:
        """Stop watching scenarios."""
        self.each(request, rows, lambda row, actor: scenario_disable(scenario=row, actor=actor), done="Not watched")

    @admin.action(description="Run now", permissions=["run"])
    def run(self, request: HttpRequest, rows: QuerySet[Scenario]) -> None:
        """Look at scenarios now, one after the other."""
        if rows.count() > RUNS_AT_ONCE:
            self.message_user(request, f"Choose at most {RUNS_AT_ONCE} to run.", messages.ERROR)
            return
        self.each(
            request,
            rows,
            lambda row, actor: scenario_run(institution_id=row.institution_id, name=row.name, actor=actor),
            done="Run",
        )


@admin.register(Run)
class RunPage(RowAdmin):
    """What was seen, newest first."""

    list_display = (
        "scenario",
        labelled("state", "State"),
        "reason",
        "cause",
        "findings_count",
        "duration_ms",
        "started_at",
        "round",
    )
    list_filter = ("state", "scenario")
    list_select_related = ("scenario", "tick")
    search_fields = ("scenario__name", "reason")
    search_help_text = "A scenario, words of the reason, or a whole code"
    hidden = ("tick",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Name the round without a link to it: rounds belong to the installation."""
        return [*super().get_fields(request, obj), "round"]

    @admin.display(description="Round")
    def round(self, row: Run) -> str:
        """Return the number of the round, or that there was none."""
        return str(row.tick.fence) if row.tick else "By hand"


@admin.register(CheckState)
class CheckStatePage(RowAdmin):
    """Checks that are not steadily well."""

    list_display = ("scenario", "check_name", "bad", "good", "blind")
    list_select_related = ("scenario",)
    search_fields = ("scenario__name", "check_name")
    ordering = ("scenario__name", "check_name")


@admin.register(Heartbeat)
class HeartbeatPage(RowAdmin):
    """What calls us. The code is the secret of its address, so it is not shown here."""

    list_display = ("name", "last_ping_at", "created_at")
    hidden = ("code",)
    search_fields = ("name",)
    ordering = ("name",)


@admin.register(Tick)
class TickPage(InstallationAdmin):
    """Rounds, newest first."""

    list_display = (
        "fence",
        labelled("status", "Status"),
        "trigger",
        "run_count",
        "failing_count",
        "started_at",
        "finished_at",
    )
    list_filter = ("status", "trigger")
    search_fields = ("=registry_digest",)
    search_help_text = "A whole code, or the digest of a registry"


@admin.register(TickLease)
class TickLeasePage(InstallationAdmin):
    """Who runs the round, and when the next one is due."""

    list_display = ("holder", "fence", "expires_at", "next_due_at")


class AcceptedFilter(admin.SimpleListFilter):
    """Texts with and without problems."""

    title = "accepted"
    parameter_name = "accepted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer both."""
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[RegistryVersion]) -> QuerySet[RegistryVersion]:
        """Return the ones that were asked for."""
        if self.value() == "yes":
            return queryset.filter(problems=[])
        return queryset.exclude(problems=[]) if self.value() == "no" else queryset


@admin.register(RegistryVersion)
class RegistryVersionPage(InstallationAdmin):
    """Texts of the registry that were loaded or refused, newest first."""

    list_display = ("__str__", "accepted", "scenario_count", "loaded_at")
    list_filter = (AcceptedFilter,)
    search_fields = ("=digest",)
    search_help_text = "A whole code or digest"
    date_hierarchy = "loaded_at"

    @admin.display(description="Accepted", boolean=True)
    def accepted(self, row: RegistryVersion) -> bool:
        """Tell whether the text had no problem."""
        return row.is_accepted

    def get_queryset(self, request: HttpRequest) -> QuerySet[RegistryVersion]:
        """Leave the texts where they are until one is opened."""
        rows: QuerySet[RegistryVersion] = super().get_queryset(request)
        return rows.defer("text")
