"""A request to perform an operation, and what people said to it."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from findings.models import Finding
from opsportal.core.scope import InstitutionManager
from opsportal.institutions.models import Department, Institution
from remediation.models.contracts import Bundle
from remediation.models.mandates import Delegation
from remediation.models.runtimes import Runtime


class Proposal(models.Model):
    """Somebody wants an operation performed. Its code is also the code of the job that does it."""

    class Status(models.TextChoices):
        REQUESTED = "requested", "Requested"
        PENDING_APPROVAL = "pending_approval", "Waits for approval"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"
        DENIED = "denied", "Denied"
        EXPIRED = "expired", "Expired"
        STALE = "stale", "Stale"
        WITHDRAWN = "withdrawn", "Withdrawn"

    class Outcome(models.TextChoices):
        UNKNOWN = "unknown", "Unknown"
        VERIFIED = "verified", "Verified"
        INEFFECTIVE = "ineffective", "Ineffective"
        REGRESSED = "regressed", "Regressed"

    MOVES = {
        Status.REQUESTED: {
            *(Status.PENDING_APPROVAL, Status.APPROVED, Status.DENIED),
            *(Status.EXPIRED, Status.STALE, Status.WITHDRAWN),
        },
        Status.PENDING_APPROVAL: {
            *(Status.APPROVED, Status.REJECTED, Status.DENIED),
            *(Status.EXPIRED, Status.STALE, Status.WITHDRAWN),
        },
        Status.APPROVED: {Status.STALE, Status.EXPIRED},
        Status.REJECTED: set(),
        Status.DENIED: set(),
        Status.EXPIRED: set(),
        Status.STALE: set(),
        Status.WITHDRAWN: set(),
    }
    OPEN = (Status.REQUESTED, Status.PENDING_APPROVAL)

    code = models.UUIDField(default=uuid4, unique=True, editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    operation = models.CharField(max_length=80)
    risk = models.CharField(max_length=2, editable=False)
    params = models.JSONField(default=dict, help_text="Complete: with the defaults of the contract.")
    reason = models.CharField(max_length=500, blank=True)
    requester_kind = models.CharField(max_length=10, editable=False)
    requester_id = models.CharField(max_length=80, editable=False)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The person behind it; none for a schedule.",
    )
    finding = models.ForeignKey(Finding, null=True, on_delete=models.PROTECT, related_name="proposals")
    runtime = models.ForeignKey(Runtime, on_delete=models.PROTECT, related_name="+", help_text="Where it is done.")
    bundle = models.ForeignKey(Bundle, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.REQUESTED, editable=False)
    needs_approval = models.BooleanField(default=True, editable=False, help_text="What the engine said last.")
    decision = models.JSONField(default=dict, editable=False, help_text="Effect, code, gate, rule, reason and trace.")
    snapshot = models.JSONField(default=dict, editable=False, help_text="What the decision was taken over.")
    plan = models.TextField(blank=True, editable=False, help_text="The sealed plan, byte for byte.")
    plan_digest = models.CharField(max_length=64, blank=True, editable=False)
    plan_expires_at = models.DateTimeField(null=True, editable=False)
    outcome = models.CharField(max_length=11, choices=Outcome.choices, default=Outcome.UNKNOWN, editable=False)
    outcome_at = models.DateTimeField(null=True, editable=False)
    case = models.UUIDField(editable=False)
    thread_code = models.UUIDField(null=True, editable=False)
    idempotency_key = models.CharField(max_length=80, blank=True, editable=False)
    emergency = models.CharField(max_length=40, blank=True, editable=False, help_text="The clause that was invoked.")
    review_due_at = models.DateTimeField(null=True, editable=False, help_text="Until when the emergency is reviewed.")
    reviewed_at = models.DateTimeField(null=True, editable=False)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(editable=False)
    decided_at = models.DateTimeField(null=True, editable=False)

    objects = InstitutionManager()

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "requester_id", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="proposal_idempotent",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["pending_approval", "approved"]) | ~Q(plan_digest=""),
                name="proposal_sealed_before_votes",
            ),
        ]
        indexes = [
            models.Index(fields=["institution", "status", "-id"], name="proposal_status"),
            models.Index(fields=["institution", "operation", "-id"], name="proposal_operation"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} ({str(self.code)[:8]})"

    def get_absolute_url(self) -> str:
        """Where people read it."""
        return reverse("remediation:proposal", args=[self.institution.slug, self.code])


class Approval(models.Model):
    """One request to people to agree with one sealed plan. It collects votes."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"
        EXPIRED = "expired", "Expired"
        CANCELED = "canceled", "Canceled"

    MOVES = {
        Status.PENDING: {Status.APPROVED, Status.REJECTED, Status.EXPIRED, Status.CANCELED},
        Status.APPROVED: {Status.CANCELED},
        Status.REJECTED: set(),
        Status.EXPIRED: set(),
        Status.CANCELED: set(),
    }

    code = models.UUIDField(default=uuid4, unique=True, editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    proposal = models.OneToOneField(Proposal, on_delete=models.PROTECT, related_name="approval")
    plan_digest = models.CharField(max_length=64, editable=False)
    rule = models.CharField(max_length=80, editable=False)
    stages = models.JSONField(editable=False, help_text="In order: id, roles, quorum.")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PENDING, editable=False)
    expires_at = models.DateTimeField(editable=False)
    created_at = models.DateTimeField(editable=False)
    decided_at = models.DateTimeField(null=True, editable=False)

    objects = InstitutionManager()

    class Meta:
        ordering = ("id",)
        indexes = [
            models.Index(fields=["institution", "id"], name="approval_pending", condition=Q(status="pending")),
        ]

    def __str__(self) -> str:
        return f"approval of {self.proposal}"

    @property
    def case(self) -> str:
        """The matter that it belongs to."""
        return str(self.proposal.case)


class Vote(models.Model):
    """What one person said to one plan. Never changed; once per person."""

    class Verdict(models.TextChoices):
        APPROVE = "approve", "Approve"
        REJECT = "reject", "Reject"

    code = models.UUIDField(default=uuid4, unique=True, editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="votes")
    voter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(max_length=40, editable=False)
    verdict = models.CharField(max_length=7, choices=Verdict.choices, editable=False)
    reason = models.CharField(max_length=500, blank=True, editable=False)
    roles = models.JSONField(editable=False, help_text="The roles that counted when it was cast.")
    plan_digest = models.CharField(max_length=64, editable=False)
    delegation = models.ForeignKey(
        Delegation, null=True, editable=False, on_delete=models.PROTECT, related_name="votes"
    )
    via = models.CharField(max_length=10, editable=False, help_text="portal, api or link")
    cast_at = models.DateTimeField(editable=False)

    objects = InstitutionManager()

    class Meta:
        ordering = ("id",)
        constraints = [models.UniqueConstraint(fields=["approval", "voter"], name="vote_once")]

    def __str__(self) -> str:
        return f"{self.verdict} by {self.voter_id}"
