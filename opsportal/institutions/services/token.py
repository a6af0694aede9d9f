"""API tokens: made once, shown once, revoked for good."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from ledger.kinds import Kind
from ledger.services import entry_record, unit
from opsportal.core.actor import Actor, ActorKind
from opsportal.core.errors import ConflictError, InvalidError, RefusedError
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Permission, may, permissions_of, require
from opsportal.institutions.models import ApiToken, Member
from opsportal.institutions.tokens import TokenText, token_text_new

DAYS_MAX = 366


@dataclass(frozen=True, slots=True)
class TokenMade:
    """A token just made. ``text`` is shown now and never again."""

    token: ApiToken
    text: str

    def __repr__(self) -> str:
        return f"TokenMade({self.token.key_id})"


def token_create(*, member: Member, name: str, days: int, actor: Actor) -> TokenMade:
    """Make a token that speaks for ``member`` until ``days`` (1 to 366) have passed.

    Raises RefusedError without ``token.manage``, and when the member may more than ``actor``: a token
    never opens what its maker cannot; InvalidError on a bad name or days; ConflictError on a former member.
    """
    require(actor, Permission.TOKEN_MANAGE)
    name = name.strip()
    if not 1 <= len(name) <= 80:
        raise InvalidError("A token's name has 1 to 80 characters.", errors={"name": ["1 to 80 characters"]})
    if not 1 <= days <= DAYS_MAX:
        raise InvalidError(f"A token lives 1 to {DAYS_MAX} days.", errors={"days": [f"1 to {DAYS_MAX}"]})
    text = token_text_new()
    parsed = TokenText.parse(text)
    assert parsed is not None  # noqa: S101  narrows the type: it was made by the same rules
    with institution_scope(member.institution_id), unit(member.institution_id, actor):
        if not member.is_active:
            raise ConflictError("A former member gets no token.", code="NOT_MEMBER")
        _reach_check(member, actor)
        token = ApiToken.objects.create(
            institution_id=member.institution_id,
            member=member,
            name=name,
            key_id=parsed.key_id,
            digest=parsed.digest,
            expires_at=timezone.now() + timedelta(days=days),
        )
        data = {"token": token.code, "member": member.code, "key_id": token.key_id, "days": days}
        entry_record(kind=Kind.ACTOR_TOKEN_CREATED, subject=token, actor=actor, data=data, private={"name": name})
    return TokenMade(token=token, text=text)


def token_revoke(*, token: ApiToken, actor: Actor) -> ApiToken:
    """End a token at once. Repeated, it keeps the first time and nothing is written.

    Raises RefusedError unless it is one's own and ``actor`` holds ``token.manage``, or ``actor`` holds ``member.manage``.
    """
    is_own = actor.id == str(token.member.user.code)
    require(actor, Permission.TOKEN_MANAGE if is_own else Permission.MEMBER_MANAGE)
    with institution_scope(token.institution_id), unit(token.institution_id, actor):
        changed = ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
        token.refresh_from_db()
        if changed:
            data = {"token": token.code, "member": token.member.code, "key_id": token.key_id}
            entry_record(kind=Kind.ACTOR_TOKEN_REVOKED, subject=token, actor=actor, data=data)
    return token


def _reach_check(member: Member, actor: Actor) -> None:
    if actor.kind is ActorKind.SYSTEM or actor.id == str(member.user.code):
        return
    opened = permissions_of(group.name for group in member.roles.all())
    beyond = sorted(permission for permission in opened if not may(actor.roles, permission))
    if beyond:
        raise RefusedError(f"That member may more than you: {', '.join(beyond)}.", code="TOKEN_BEYOND_MAKER")
