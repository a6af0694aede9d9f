"""The programs on the machines, and what each of them sends besides results."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from opsportal.core.scope import InstitutionManager
from opsportal.institutions.models import Department, Institution


class Runtime(models.Model):
    """A program on a machine that pulls jobs. The portal holds its public key, and nothing secret of it."""

    class Status(models.TextChoices):
        PENDING = "pending", "Not enrolled yet"
        ACTIVE = "active", "Active"
        REVOKED = "revoked", "Revoked"

    MOVES = {
        Status.PENDING: {Status.ACTIVE, Status.REVOKED},
        Status.ACTIVE: {Status.REVOKED},
        Status.REVOKED: set(),
    }

    code = models.UUIDField(default=uuid4, unique=True, editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PENDING, editable=False)
    enrol_key_id = models.CharField(max_length=8, unique=True, editable=False, help_text="Public part of the token.")
    enrol_digest = models.CharField(max_length=64, editable=False)
    enrol_expires_at = models.DateTimeField(editable=False)
    public_key = models.CharField(max_length=64, blank=True, editable=False, help_text="Ed25519, hexadecimal.")
    version = models.CharField(max_length=40, blank=True, editable=False)
    platform = models.CharField(max_length=80, blank=True, editable=False)
    root = models.CharField(max_length=1024, blank=True, editable=False, help_text="The folder it confines itself to.")
    capabilities = models.JSONField(default=list, editable=False)
    journal_seq = models.BigIntegerField(default=0, editable=False)
    journal_hash = models.CharField(max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    enrolled_at = models.DateTimeField(null=True, editable=False)
    last_seen_at = models.DateTimeField(null=True, editable=False)

    objects = InstitutionManager()

    class Meta:
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(condition=~Q(status="active") | ~Q(public_key=""), name="runtime_active_has_key"),
        ]

    def __str__(self) -> str:
        return self.name


class SeenNonce(models.Model):
    """A nonce that a runtime has used: the same request is not taken twice."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    runtime = models.ForeignKey(Runtime, on_delete=models.PROTECT, related_name="+")
    nonce = models.CharField(max_length=64, editable=False)
    seen_at = models.DateTimeField(editable=False, db_index=True)

    objects = InstitutionManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["runtime", "nonce"], name="nonce_once")]

    def __str__(self) -> str:
        return self.nonce


class JournalLine(models.Model):
    """A line of a runtime's own hash-chained journal, as it was sent: what it says that it did."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    runtime = models.ForeignKey(Runtime, on_delete=models.PROTECT, related_name="journal")
    seq = models.BigIntegerField(editable=False)
    kind = models.CharField(max_length=40, editable=False)
    job = models.UUIDField(null=True, editable=False)
    line = models.TextField(editable=False)
    hash = models.CharField(max_length=64, editable=False)
    received_at = models.DateTimeField(editable=False)

    objects = InstitutionManager()

    class Meta:
        ordering = ("seq",)
        constraints = [models.UniqueConstraint(fields=["runtime", "seq"], name="journal_once")]
        indexes = [models.Index(fields=["institution", "job"], name="journal_job")]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"
