"""Conversations and inboxes in the admin: to look at."""

from django.contrib import admin

from agents.models import InboxCount, Message, Thread
from opsportal.institutions.admin_rows import RowAdmin, labelled


@admin.register(Thread)
class ThreadPage(RowAdmin):
    """Conversations, newest first."""

    list_display = (
        "subject",
        labelled("severity", "Severity"),
        labelled("status", "Status"),
        "primary_agent",
        "subject_kind",
        "created_at",
        "updated_at",
    )
    list_filter = ("status", "severity", "primary_agent", "subject_kind")
    search_fields = ("subject", "=subject_id")
    search_help_text = "Words of the subject, or a whole code"


@admin.register(Message)
class MessagePage(RowAdmin):
    """Messages, newest first."""

    list_display = (
        "__str__",
        "thread",
        "sender",
        labelled("severity", "Severity"),
        "inbox",
        "requires_human",
        "acked_by",
        "created_at",
    )
    list_filter = ("requires_human", ("acked_at", admin.EmptyFieldListFilter), "severity", "inbox", "from_type")
    list_select_related = ("thread", "acked_by")
    search_fields = ("body", "thread__subject")
    search_help_text = "Words of the message or of its subject, or a whole code"
    ordering = ("-id",)

    @admin.display(description="From", ordering="from_id")
    def sender(self, row: Message) -> str:
        """Return who wrote it: an agent's id, or a person's code."""
        return f"{row.get_from_type_display()} {row.from_id}"


@admin.register(InboxCount)
class InboxCountPage(RowAdmin):
    """How much waits where."""

    list_display = ("inbox", "waiting")
    ordering = ("inbox",)
