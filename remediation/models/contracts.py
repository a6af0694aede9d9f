"""Contracts as they were compiled and released, and what stops everything."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from opsportal.core.scope import InstitutionManager
from opsportal.institutions.models import Department, Institution


class Bundle(models.Model):
    """A compiled contract: its source and the artifacts, byte for byte. Never changed."""

    code = models.UUIDField(default=uuid4, unique=True, editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    contract = models.CharField(max_length=80, editable=False, help_text="personal_ops@v1.0.0")
    name = models.CharField(max_length=60, editable=False, help_text="personal-ops")
    version = models.CharField(max_length=20, editable=False)
    digest = models.CharField(max_length=64, editable=False, help_text="SHA-256 of the manifest.")
    source = models.TextField(editable=False)
    source_digest = models.CharField(max_length=64, editable=False)
    artifacts = models.JSONField(editable=False, help_text="File name to text.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = InstitutionManager()

    class Meta:
        ordering = ("-id",)
        constraints = [models.UniqueConstraint(fields=["institution", "digest"], name="bundle_once")]

    def __str__(self) -> str:
        return f"{self.contract} ({self.digest[:12]})"


class Release(models.Model):
    """A bundle made active in a department. The pin is what the active bundle must still hash to."""

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        RETIRED = "retired", "Retired"

    MOVES = {Status.ACTIVE: {Status.RETIRED}, Status.RETIRED: set()}

    code = models.UUIDField(default=uuid4, unique=True, editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="releases")
    bundle = models.ForeignKey(Bundle, on_delete=models.PROTECT, related_name="releases")
    pin = models.CharField(max_length=64, editable=False, help_text="The digest of the bundle when it was released.")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.ACTIVE, editable=False)
    is_rollback = models.BooleanField(default=False, editable=False)
    impact_digest = models.CharField(max_length=64, blank=True, editable=False, help_text="What was previewed.")
    released_by = models.CharField(max_length=80, editable=False)
    released_at = models.DateTimeField(editable=False)

    objects = InstitutionManager()

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=["department"], condition=Q(status="active"), name="release_one_active"),
        ]

    def __str__(self) -> str:
        return f"{self.bundle} in {self.department}"


class Brakes(models.Model):
    """What stops every action of an institution: emergency stop, freeze, safe mode. One row each."""

    institution = models.OneToOneField(Institution, primary_key=True, on_delete=models.PROTECT, related_name="+")
    stopped_at = models.DateTimeField(null=True, editable=False)
    stopped_by = models.CharField(max_length=80, blank=True, editable=False)
    frozen_at = models.DateTimeField(null=True, editable=False)
    frozen_by = models.CharField(max_length=80, blank=True, editable=False)
    safe_mode = models.CharField(max_length=40, blank=True, editable=False, help_text="Why; empty: not in safe mode.")

    objects = InstitutionManager()

    class Meta:
        verbose_name_plural = "brakes"

    def __str__(self) -> str:
        return f"brakes of {self.institution_id}"


class OrderKey(models.Model):
    """A key that signs orders. The private half is encrypted; a retired public half stays for the proof."""

    code = models.UUIDField(default=uuid4, unique=True, editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    kid = models.CharField(max_length=16, editable=False)
    public = models.CharField(max_length=64, editable=False, help_text="Ed25519, hexadecimal.")
    private = models.TextField(editable=False, help_text="Encrypted; bound to this row.")
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, editable=False)

    objects = InstitutionManager()

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=["institution", "kid"], name="order_key_once"),
            models.UniqueConstraint(
                fields=["institution"], condition=Q(retired_at__isnull=True), name="order_key_one_active"
            ),
        ]

    def __str__(self) -> str:
        return self.kid
