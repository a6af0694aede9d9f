"""Let another vote in one's place, for a while."""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from ledger.kinds import Kind
from ledger.services import entry_record, unit
from opsportal.core.actor import Actor, ActorKind
from opsportal.core.errors import InvalidError, RefusedError
from opsportal.institutions.access import Permission, may
from opsportal.institutions.models import Member, User
from remediation.models import Delegation

LONGEST = timedelta(days=30)


def delegation_create(*, institution_id: UUID, role: str, to_user: User, until: datetime, actor: Actor) -> Delegation:
    """Let ``to_user`` vote with ``role`` of the actor until ``until``, at most 30 days ahead. Both count as one person.

    Raises RefusedError for machines and for a role that the actor does not hold, InvalidError for oneself, a time that is
    over or too far, and a person who is no member with ``approval.decide``.
    """
    if actor.kind is not ActorKind.HUMAN or role not in actor.roles:
        raise RefusedError("Only a role that you hold yourself can be delegated.")
    now = timezone.now()
    if not now < until <= now + LONGEST:
        raise InvalidError("A delegation lasts at most 30 days.", errors={"until": ["within 30 days from now"]})
    if str(to_user.code) == actor.id:
        raise InvalidError("Delegate to somebody else.", errors={"to": ["not yourself"]})
    member = Member.objects.filter(user=to_user, is_active=True).first()
    if member is None or not may([group.name for group in member.roles.all()], Permission.APPROVAL_DECIDE):
        raise InvalidError(
            "That person cannot decide anything here.", errors={"to": ["a member who holds approval.decide"]}
        )
    with unit(institution_id, actor):
        delegation = Delegation.objects.create(
            institution_id=institution_id,
            role=role,
            from_user=User.objects.get(code=actor.id),
            to_user=to_user,
            until=until,
            created_at=now,
        )
        entry_record(
            kind=Kind.DELEGATION_CREATED,
            subject=delegation,
            actor=actor,
            data={
                "role": role,
                "from": actor.id,
                "to": to_user.code,
                "hours": int((until - now).total_seconds() // 3600),
            },
        )
    return delegation


def delegation_end(*, delegation: Delegation, actor: Actor) -> Delegation:
    """End a delegation; harmless when it has ended. Raises RefusedError unless it is one's own."""
    if actor.id not in {str(delegation.from_user.code), str(delegation.to_user.code)}:
        raise RefusedError("Only the two whom it concerns can end a delegation.")
    with unit(delegation.institution_id, actor):
        ended = Delegation.objects.filter(pk=delegation.pk, ended_at=None).update(ended_at=timezone.now())
        if ended:
            entry_record(kind=Kind.DELEGATION_ENDED, subject=delegation, actor=actor)
    delegation.refresh_from_db()
    return delegation
