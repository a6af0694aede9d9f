"""What is wrong: one row per problem, however often it was seen."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from agents.models import Severity
from opsportal.core.scope import InstitutionManager
from opsportal.institutions.models import Institution
from scenarios.models import ProbeState, Scenario


class Finding(models.Model):
    """Something is wrong with what one check of one scenario watches.

    The fingerprint names the problem; while it persists the row counts, it does not multiply.
    """

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        ACKED = "acked", "Acknowledged"
        RESOLVED = "resolved", "Resolved"

    MOVES = {
        Status.OPEN: {Status.ACKED, Status.RESOLVED},
        Status.ACKED: {Status.RESOLVED, Status.OPEN},
        Status.RESOLVED: {Status.OPEN},
    }
    ACTIVE = (Status.OPEN, Status.ACKED)

    code = models.UUIDField(default=uuid4, unique=True, editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    scenario = models.ForeignKey(Scenario, on_delete=models.PROTECT, related_name="findings")
    check_name = models.CharField(max_length=40)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 over the fields that make it this problem.")
    title = models.CharField(max_length=200)
    severity = models.CharField(max_length=8, choices=Severity.choices)
    owner_agent = models.CharField(max_length=16)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN, editable=False)
    state = models.CharField(max_length=14, choices=ProbeState.choices)
    reason = models.CharField(max_length=200, blank=True)
    evidence = models.JSONField(default=dict, help_text="The look that opened it: measured, expected, at.")
    human_action = models.JSONField(default=dict, help_text="What to do, per language, filled from the evidence (T0).")
    count = models.PositiveIntegerField(default=1, help_text="Failing looks since it opened.")
    affected_count = models.PositiveIntegerField(default=0, help_text="Scenarios that cannot be seen because of it.")
    opened_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, editable=False)
    reopen_count = models.PositiveIntegerField(default=0)
    acked_at = models.DateTimeField(null=True, editable=False)
    acked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    ack_note = models.CharField(max_length=500, blank=True, editable=False)
    cause = models.CharField(
        max_length=80, blank=True, help_text="The scenario that is to blame, when a parent is down."
    )
    thread_code = models.UUIDField(null=True, editable=False)

    objects = InstitutionManager()

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=["institution", "fingerprint"], name="finding_once"),
            models.CheckConstraint(
                condition=~Q(status="resolved") | Q(resolved_at__isnull=False), name="finding_resolved_has_time"
            ),
            models.CheckConstraint(
                condition=~Q(status="acked") | Q(acked_at__isnull=False), name="finding_acked_has_name"
            ),
        ]
        indexes = [
            models.Index(fields=["institution", "status", "-id"], name="finding_status"),
            models.Index(
                fields=["institution", "-id"], name="finding_active", condition=Q(status__in=["open", "acked"])
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Where people read it."""
        return reverse("findings:detail", args=[self.institution.slug, self.code])

    @property
    def case(self) -> str:
        """The id that follows this matter through the ledger."""
        return str(self.code)
