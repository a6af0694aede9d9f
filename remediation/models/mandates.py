"""Who may decide in somebody's place, and by which link."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from opsportal.core.scope import InstitutionManager
from opsportal.institutions.models import Institution


class Delegation(models.Model):
    """Somebody lets another vote with a role of theirs, for a while. Both count as one person."""

    code = models.UUIDField(default=uuid4, unique=True, editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=40, editable=False)
    from_user = models.ForeignKey(settings.AUTH_USER_MODEL, editable=False, on_delete=models.PROTECT, related_name="+")
    to_user = models.ForeignKey(settings.AUTH_USER_MODEL, editable=False, on_delete=models.PROTECT, related_name="+")
    until = models.DateTimeField(editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(editable=False)

    objects = InstitutionManager()

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(condition=~Q(from_user=F("to_user")), name="delegation_to_another"),
        ]

    def __str__(self) -> str:
        return f"{self.role} until {self.until}"


class ApprovalLink(models.Model):
    """A link by which one person decides about one approval, once. GET shows, only POST decides."""

    code = models.UUIDField(default=uuid4, unique=True, editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    approval = models.ForeignKey("remediation.Approval", editable=False, on_delete=models.PROTECT, related_name="links")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, editable=False, on_delete=models.PROTECT, related_name="+")
    key_id = models.CharField(max_length=8, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    expires_at = models.DateTimeField(editable=False)
    used_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(editable=False)

    objects = InstitutionManager()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"link of {self.user_id} to {self.approval_id}"
