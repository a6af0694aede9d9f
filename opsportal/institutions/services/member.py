"""Members: a person in an institution, with roles."""

from collections.abc import Iterable

from django.contrib.auth.models import Group
from django.utils import timezone

from ledger.kinds import Kind
from ledger.services import entry_record, unit
from opsportal.core.actor import Actor, ActorKind
from opsportal.core.errors import ConflictError, InvalidError, RefusedError
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import PRIVILEGED, Permission, Role, require
from opsportal.institutions.models import ApiToken, Institution, Member, User


def member_add(*, institution: Institution, user: User, roles: Iterable[str], actor: Actor) -> Member:
    """Make ``user`` a member with ``roles``; a former member becomes one again, with these roles only.

    Raises RefusedError without ``member.manage``, on one's own membership, or on a role that only a
    super_admin gives; InvalidError on an unknown role; ConflictError when ``user`` is a member already.
    """
    after = _roles_checked(roles)
    _change_check(actor, user, changed=after)
    with institution_scope(institution.pk), unit(institution.pk, actor):
        _lock(institution)
        member, is_new = Member.objects.get_or_create(institution=institution, user=user)
        if not is_new and member.is_active:
            raise ConflictError(f"{user.username} is a member already.", code="ALREADY_MEMBER")
        member.is_active = True
        member.save(update_fields=["is_active"])
        member.roles.set(_groups(after))
        _entry(Kind.MEMBER_ADDED, member, actor, after=after)
    return member


def member_roles_set(*, member: Member, roles: Iterable[str], actor: Actor) -> Member:
    """Give ``member`` exactly ``roles``; when they are these already, nothing is written.

    Raises RefusedError without ``member.manage``, on one's own roles, or on a role that only a super_admin
    gives and takes; InvalidError on an unknown role; ConflictError when nobody would remain super_admin.
    """
    after = _roles_checked(roles)
    with institution_scope(member.institution_id), unit(member.institution_id, actor):
        before = _roles_locked(member)
        _change_check(actor, member.user, changed=before ^ after)
        if not member.is_active:
            raise ConflictError(f"{member.user.username} is no longer a member.", code="NOT_MEMBER")
        if before == after:
            return member
        _master_check(member, before - after)
        member.roles.set(_groups(after))
        _entry(Kind.MEMBER_CHANGED, member, actor, before=before, after=after)
    return member


def member_remove(*, member: Member, actor: Actor) -> Member:
    """End a membership at once: its roles and its API tokens end with it. Repeated, nothing is written.

    Raises RefusedError without ``member.manage``, on one's own membership, or when the member holds a role
    that only a super_admin takes; ConflictError when nobody would remain super_admin.
    """
    with institution_scope(member.institution_id), unit(member.institution_id, actor):
        before = _roles_locked(member)
        _change_check(actor, member.user, changed=before)
        if not member.is_active:
            return member
        _master_check(member, before)
        member.is_active = False
        member.save(update_fields=["is_active"])
        member.roles.clear()
        ApiToken.objects.filter(member=member, revoked_at=None).update(revoked_at=timezone.now())
        _entry(Kind.MEMBER_REMOVED, member, actor, before=before)
    return member


def _roles_checked(roles: Iterable[str]) -> frozenset[Role]:
    named = sorted(set(roles))
    unknown = [name for name in named if name not in set(Role)]
    if unknown:
        raise InvalidError(
            f"Unknown role: {', '.join(unknown)}.", errors={"roles": [f"one of {', '.join(sorted(Role))}"]}
        )
    return frozenset(Role(name) for name in named)


def _change_check(actor: Actor, user: User, *, changed: frozenset[Role]) -> None:
    """Raise RefusedError unless ``actor`` may change these roles of ``user``."""
    require(actor, Permission.MEMBER_MANAGE)
    if actor.kind is ActorKind.SYSTEM:
        return
    if actor.id == str(user.code):
        raise RefusedError("Nobody changes their own roles: ask somebody else who may.", code="OWN_ROLES")
    if changed & PRIVILEGED and Role.SUPER_ADMIN not in actor.roles:
        raise RefusedError(
            f"Only a super_admin gives or takes {' and '.join(sorted(changed & PRIVILEGED))}.", code="ROLE_PRIVILEGED"
        )


def _lock(institution: Institution) -> None:
    """Let one change of members at a time happen: two super_admins cannot remove each other."""
    Institution.objects.select_for_update().get(pk=institution.pk)


def _roles_locked(member: Member) -> frozenset[Role]:
    _lock(member.institution)
    member.refresh_from_db()
    return frozenset(Role(group.name) for group in member.roles.all())


def _master_check(member: Member, lost: frozenset[Role]) -> None:
    if Role.SUPER_ADMIN not in lost:
        return
    others = Member.objects.filter(is_active=True, user__is_active=True, roles__name=Role.SUPER_ADMIN)
    if not others.exclude(pk=member.pk).exists():
        raise ConflictError("The institution would have no super_admin left.", code="LAST_SUPER_ADMIN")


def _groups(roles: frozenset[Role]) -> list[Group]:
    return list(Group.objects.filter(name__in=roles))


def _entry(kind: Kind, member: Member, actor: Actor, **roles: frozenset[Role]) -> None:
    told = {name: sorted(value) for name, value in roles.items()}
    data = {"member": member.code, "user": member.user.code, **told}
    entry_record(kind=kind, subject=member, actor=actor, data=data)
