"""Workers and the job queue in the admin: to look at, by whoever administers the installation.

They stand here because the jobs app is below the institutions, which decide who may look.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django_q.models import Failure, OrmQ, Schedule, Success

from opsportal.institutions.admin_rows import InstallationAdmin, labelled
from opsportal.jobs.models import PeriodicTask, Worker

# Theirs let people resubmit, edit and delete; a job is queued by the service that needs it. Schedule is not in use.
for theirs in (Failure, OrmQ, Schedule, Success):
    if admin.site.is_registered(theirs):
        admin.site.unregister(theirs)


@admin.register(Worker)
class WorkerPage(InstallationAdmin):
    """Runs of worker processes, newest first."""

    list_display = ("__str__", labelled("end", "End"), "started_at", "beat_at", "worked_at")
    list_filter = ("end", "host")
    search_fields = ("host",)


@admin.register(PeriodicTask)
class PeriodicTaskPage(InstallationAdmin):
    """What comes back regularly."""

    list_display = ("name", "enqueued_at")


@admin.register(OrmQ)
class QueuePage(InstallationAdmin):
    """Jobs that wait or run. The package itself is signed and says no more than this."""

    list_display = ("name", "func", "task_id", "lock")
    hidden = ("payload",)
    ordering = ("id",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Show what is in the package."""
        return ["name", "func", "args", "kwargs", "task_id", *super().get_fields(request, obj)]


class DonePage(InstallationAdmin):
    """Jobs that ended, newest first."""

    list_display = ("name", "func", "started", "stopped", "attempt_count")
    list_filter = ("func",)
    search_fields = ("name", "func")
    ordering = ("-stopped",)


admin.site.register(Success, DonePage)
admin.site.register(Failure, DonePage)
