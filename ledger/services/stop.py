"""A chain that did not verify takes no entry until somebody has looked into it."""

from uuid import UUID

from django.utils import timezone

from ledger.models import Stop
from opsportal.core.scope import institution_scope


def chain_stop(institution_id: UUID) -> bool:
    """Refuse every further entry of an institution (423), and so every change; return False if it was stopped."""
    with institution_scope(institution_id):
        _, is_new = Stop.objects.get_or_create(institution_id=institution_id, defaults={"stopped_at": timezone.now()})
    return is_new


def chain_resume(institution_id: UUID) -> bool:
    """Take entries again; return False if the chain was not stopped."""
    with institution_scope(institution_id):
        deleted, _ = Stop.objects.filter(institution_id=institution_id).delete()
    return bool(deleted)
