"""Institutions, the people in them, and the tokens that speak for people."""

from uuid import uuid4

from django.contrib.auth.models import AbstractUser, Group
from django.db import models

from opsportal.core.scope import InstitutionManager


class Institution(models.Model):
    """A tenant. Everything that people see belongs to exactly one."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    is_system = models.BooleanField(
        default=False, editable=False, help_text="The installation's own: ticks, workers, settings."
    )
    ledger_broken_at = models.DateTimeField(
        null=True, editable=False, help_text="Set when verification failed: read-only."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("slug",)
        constraints = [
            models.UniqueConstraint(
                fields=["is_system"], condition=models.Q(is_system=True), name="institution_one_system"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_read_only(self) -> bool:
        """True while the ledger of this institution is known to be broken."""
        return self.ledger_broken_at is not None


class Department(models.Model):
    """A part of an institution in which a contract can be active, such as ``infra_ops``."""

    code = models.UUIDField(default=uuid4, unique=True, editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="departments")
    name = models.SlugField(max_length=40)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = InstitutionManager()

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=["institution", "name"], name="department_name_once")]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A person who can log in. What they may do comes from their memberships, never from here."""

    class Theme(models.TextChoices):
        SYSTEM = "system", "As the system"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    code = models.UUIDField(default=uuid4, unique=True, editable=False)
    timezone = models.CharField(max_length=63, default="UTC")
    theme = models.CharField(max_length=6, choices=Theme.choices, default=Theme.SYSTEM)
    has_shortcuts = models.BooleanField(default=True, help_text="Single-key shortcuts in the portal.")
    must_change_password = models.BooleanField(
        default=False, editable=False, help_text="The password was made by somebody else: good for one login."
    )

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class Member(models.Model):
    """A person in an institution, with roles. ``User.groups`` stays empty: roles count here only."""

    code = models.UUIDField(default=uuid4, unique=True, editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="members")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    roles = models.ManyToManyField(Group, related_name="members", blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = InstitutionManager()

    class Meta:
        ordering = ("id",)
        constraints = [models.UniqueConstraint(fields=["institution", "user"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.institution}"


class ApiToken(models.Model):
    """A bearer token of a member. Only its SHA-256 is stored; the token is shown once."""

    code = models.UUIDField(default=uuid4, unique=True, editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="tokens")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=80)
    key_id = models.CharField(max_length=8, unique=True, editable=False, help_text="The public part: finds the row.")
    digest = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False, help_text="To the hour.")

    objects = InstitutionManager()

    class Meta:
        ordering = ("-id",)
        verbose_name = "API token"

    def __str__(self) -> str:
        return f"{self.name} ({self.key_id})"


class CacheRow(models.Model):
    """A row of Django's database cache, declared so that migrations make its table. Nothing reads it as a model."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "opsportal_cache"

    def __str__(self) -> str:
        return self.cache_key
