"""What agents and people say to each other."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.urls import reverse

from opsportal.core.scope import InstitutionManager
from opsportal.institutions.models import Institution


class Severity(models.TextChoices):
    """How bad, from harmless to all hands."""

    INFO = "info", "Info"
    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"
    CRITICAL = "critical", "Critical"


class Party(models.TextChoices):
    """Who can write or be written to."""

    AGENT = "agent", "Agent"
    HUMAN = "human", "Person"
    SYSTEM = "system", "System"


class Thread(models.Model):
    """One conversation about one matter, between agents, people, or both."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"

    MOVES = {Status.OPEN: {Status.CLOSED}, Status.CLOSED: {Status.OPEN}}

    code = models.UUIDField(default=uuid4, unique=True, editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(max_length=200)
    severity = models.CharField(max_length=8, choices=Severity.choices, default=Severity.INFO)
    status = models.CharField(max_length=6, choices=Status.choices, default=Status.OPEN, editable=False)
    primary_agent = models.CharField(max_length=16)
    subject_kind = models.CharField(max_length=20, blank=True, help_text="What it is about: finding, proposal, …")
    subject_id = models.CharField(max_length=64, blank=True)
    case = models.UUIDField(editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = InstitutionManager()

    class Meta:
        ordering = ("-id",)
        indexes = [
            models.Index(fields=["institution", "-id"], name="thread_recent"),
            models.Index(fields=["institution", "subject_kind", "subject_id"], name="thread_subject"),
        ]

    def __str__(self) -> str:
        return self.subject

    def get_absolute_url(self) -> str:
        """Where people read it."""
        return reverse("agents:thread", args=[self.institution.slug, self.code])


class Message(models.Model):
    """One message. With ``requires_human`` it waits in an inbox until somebody acknowledges it."""

    code = models.UUIDField(default=uuid4, unique=True, editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="messages")
    from_type = models.CharField(max_length=6, choices=Party.choices)
    from_id = models.CharField(max_length=64)
    to_type = models.CharField(max_length=6, choices=Party.choices)
    to_id = models.CharField(max_length=64, blank=True)
    body = models.TextField(max_length=8000)
    context = models.JSONField(default=dict, blank=True, help_text="What the context window shows: finding, evidence.")
    severity = models.CharField(max_length=8, choices=Severity.choices, default=Severity.INFO)
    requires_human = models.BooleanField(default=False)
    inbox = models.CharField(
        max_length=16, blank=True, help_text="Roster id whose people it waits for; empty: nobody's."
    )
    acked_at = models.DateTimeField(null=True, editable=False)
    acked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    ack_note = models.CharField(max_length=500, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = InstitutionManager()

    class Meta:
        ordering = ("id",)
        indexes = [
            models.Index(fields=["thread", "id"], name="message_thread"),
            models.Index(
                fields=["institution", "inbox", "-id"],
                name="message_inbox_open",
                condition=models.Q(requires_human=True, acked_at__isnull=True),
            ),
            models.Index(
                fields=["institution", "inbox", "-id"],
                name="message_inbox_done",
                condition=models.Q(requires_human=True, acked_at__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(requires_human=False) | ~models.Q(inbox=""), name="message_waits_somewhere"
            ),
        ]

    def __str__(self) -> str:
        return self.body[:60]


class InboxCount(models.Model):
    """How many messages wait in one inbox: changed in the transaction that opens or acks."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    inbox = models.CharField(max_length=16)
    waiting = models.IntegerField(default=0)

    objects = InstitutionManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "inbox"], name="inbox_count_once")]

    def __str__(self) -> str:
        return f"{self.inbox}: {self.waiting}"
