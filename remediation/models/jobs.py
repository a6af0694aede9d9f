"""Authorised, signed orders, and what became of them."""

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.urls import reverse

from opsportal.core.scope import InstitutionManager
from opsportal.institutions.models import Institution
from remediation.models.proposals import Approval, Proposal
from remediation.models.runtimes import Runtime


class Job(models.Model):
    """An order for one runtime. A trigger of the database refuses an executing one without its approval."""

    class Mode(models.TextChoices):
        EXECUTE = "execute", "Execute"
        DRY_RUN = "dry_run", "Dry-run"

    class Status(models.TextChoices):
        ENQUEUED = "enqueued", "Queued"
        LEASED = "leased", "Leased"
        RUNNING = "running", "Running"
        EXECUTED = "executed", "Executed"
        FAILED = "failed", "Failed"
        OUTCOME_UNKNOWN = "outcome_unknown", "Outcome unknown"
        CANCELLED = "cancelled", "Cancelled"
        EXPIRED = "expired", "Expired"

    MOVES = {
        Status.ENQUEUED: {Status.LEASED, Status.CANCELLED, Status.EXPIRED},
        Status.LEASED: {
            *(Status.RUNNING, Status.ENQUEUED, Status.EXECUTED, Status.FAILED),
            *(Status.OUTCOME_UNKNOWN, Status.CANCELLED, Status.EXPIRED),
        },
        Status.RUNNING: {Status.EXECUTED, Status.FAILED, Status.OUTCOME_UNKNOWN},
        Status.OUTCOME_UNKNOWN: {Status.EXECUTED, Status.FAILED},
        Status.EXECUTED: set(),
        Status.FAILED: set(),
        Status.CANCELLED: set(),
        Status.EXPIRED: set(),
    }
    ACTIVE = (Status.ENQUEUED, Status.LEASED, Status.RUNNING)
    TERMINAL = (Status.EXECUTED, Status.FAILED, Status.CANCELLED, Status.EXPIRED)

    code = models.UUIDField(default=uuid4, unique=True, editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="jobs")
    approval = models.ForeignKey(Approval, null=True, on_delete=models.PROTECT, related_name="+")
    runtime = models.ForeignKey(Runtime, on_delete=models.PROTECT, related_name="jobs")
    mode = models.CharField(max_length=7, choices=Mode.choices, editable=False)
    status = models.CharField(max_length=15, choices=Status.choices, default=Status.ENQUEUED, editable=False)
    plan_digest = models.CharField(max_length=64, blank=True, editable=False)
    order = models.TextField(editable=False, help_text="The signed envelope, as the runtime gets it.")
    order_digest = models.CharField(max_length=64, editable=False, help_text="SHA-256 of the order's payload.")
    not_before = models.DateTimeField(editable=False)
    expires_at = models.DateTimeField(editable=False)
    lease_expires_at = models.DateTimeField(null=True, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    exit_code = models.IntegerField(null=True, editable=False)
    result_code = models.CharField(max_length=40, blank=True, editable=False)
    summary = models.CharField(max_length=500, blank=True, editable=False)
    result = models.JSONField(null=True, editable=False)
    result_envelope = models.TextField(blank=True, editable=False, help_text="Signed by the runtime.")
    created_at = models.DateTimeField(editable=False)

    objects = InstitutionManager()

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=["proposal"], condition=Q(mode="execute"), name="job_one_per_proposal"),
            models.CheckConstraint(
                condition=~Q(status__in=["leased", "running"]) | Q(lease_expires_at__isnull=False),
                name="job_leased_has_lease",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["executed", "failed"]) | Q(finished_at__isnull=False),
                name="job_finished_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["institution", "status", "-id"], name="job_status"),
            models.Index(
                fields=["runtime", "id"], name="job_waiting", condition=Q(status__in=["enqueued", "leased", "running"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_mode_display()} of {self.proposal}"

    def get_absolute_url(self) -> str:
        """Where people read it."""
        return reverse("remediation:job", args=[self.institution.slug, self.code])

    @property
    def case(self) -> str:
        """The matter that it belongs to."""
        return str(self.proposal.case)


class JobOutput(models.Model):
    """A piece of what a job said while it ran."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="output")
    offset = models.BigIntegerField(editable=False, help_text="Characters before it.")
    text = models.TextField(editable=False)
    received_at = models.DateTimeField(editable=False)

    objects = InstitutionManager()

    class Meta:
        ordering = ("offset",)
        constraints = [models.UniqueConstraint(fields=["job", "offset"], name="job_output_once")]

    def __str__(self) -> str:
        return f"{self.job_id} at {self.offset}"
