"""Links by which one person decides about one approval, once. Reading one decides nothing."""

import hmac
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from ledger.kinds import Kind
from ledger.services import entry_record, unit
from opsportal.core.actor import Actor, ActorKind
from opsportal.core.errors import ConflictError, ExpiredError, NotFoundError, RefusedError
from opsportal.core.scope import every_institution, institution_scope
from opsportal.institutions.access import Permission, may, require
from opsportal.institutions.models import User
from opsportal.institutions.selectors import Access, access_find_by_id
from opsportal.institutions.tokens import TokenText, token_text_new
from remediation.active import active_contract
from remediation.models import Approval, ApprovalLink
from remediation.services.approvals import approval_vote
from remediation.services.brakes import contract_trusted

LIVES = timedelta(hours=72)
_SENDERS = frozenset({ActorKind.SYSTEM, ActorKind.SCHEDULE})  # they send it to its person and see no vote of theirs


@dataclass(frozen=True, slots=True)
class LinkMade:
    """A link just made; ``token`` is its secret part, shown now and never again."""

    link: ApprovalLink
    token: str = field(repr=False)


def link_create(*, approval: Approval, user: User, actor: Actor) -> LinkMade:
    """Make a link for ``user`` to decide about ``approval``, for 72 hours or until the approval expires.

    A person makes links for themselves alone; the portal makes those that it sends. Raises RefusedError for another's and
    without ``approval.decide``; ConflictError when it is decided already or when the person could not
    decide: a stranger, or whoever asked.
    """
    require(actor, Permission.APPROVAL_DECIDE)
    access = access_find_by_id(user, approval.institution_id)
    if approval.status != Approval.Status.PENDING:
        raise ConflictError("This was decided already.", code="ALREADY_DECIDED")
    if approval.proposal.risk == "R3":
        raise ConflictError("About this nobody decides by a link: it cannot be undone.", code="LOGIN_REQUIRED")
    if access is None or not may(access.roles, Permission.APPROVAL_DECIDE):
        raise ConflictError("That person cannot decide here.", code="NOT_AN_APPROVER")
    if str(user.code) == approval.proposal.requester_id:
        raise ConflictError("Whoever asked never approves.", code="APPROVAL_SOD_VIOLATION")
    if actor.kind not in _SENDERS and actor.id != str(user.code):
        raise RefusedError("A link votes in its person's name: everybody makes their own.", code="NOT_YOUR_LINK")
    text, now = token_text_new(), timezone.now()
    parsed = TokenText.parse(text)
    assert parsed is not None  # noqa: S101  narrows the type: it was made by the same rules
    with unit(approval.institution_id, actor):
        link = ApprovalLink.objects.create(
            institution_id=approval.institution_id,
            approval=approval,
            user=user,
            key_id=parsed.key_id,
            digest=parsed.digest,
            expires_at=min(now + LIVES, approval.expires_at),
            created_at=now,
        )
        entry_record(
            kind=Kind.APPROVAL_LINK_CREATED,
            subject=approval,
            actor=actor,
            data={"proposal": approval.proposal.code, "link": link.code, "user": user.code},
        )
    return LinkMade(link, text)


def link_find(token: str) -> tuple[ApprovalLink, Access]:
    """Return the link that ``token`` opens and what its person may now; reading it changes nothing.

    Raises NotFoundError for one that nobody made or whose person has left, ExpiredError for one that is too old or was used.
    """
    parsed = TokenText.parse(token)
    with every_institution():
        rows = ApprovalLink.objects.select_related("user", "approval__proposal__institution")
        found = rows.filter(key_id=parsed.key_id).first() if parsed else None
    stored = found.digest if found else "0" * 64
    if found is None or not hmac.compare_digest(parsed.digest if parsed else "", stored):
        raise NotFoundError("There is no such link.")
    access = access_find_by_id(found.user, found.institution_id)
    if access is None or not found.user.is_active:
        raise NotFoundError("There is no such link.")
    if found.used_at is not None:
        raise ExpiredError("This link was used: it decides once. Log in to see what became of it.", code="LINK_USED")
    if found.expires_at <= timezone.now():
        raise ExpiredError("This link is too old. Log in, or ask for a new one.", code="LINK_EXPIRED")
    return found, access


def link_vote(*, token: str, verdict: str, plan_digest: str, reason: str) -> Approval:
    """Decide by a link, with the roles that its person holds now; the link is used up by it.

    Raises what ``link_find`` and ``approval_vote`` raise, and RefusedError for R3, which asks to log in.
    """
    link, access = link_find(token)
    if link.approval.proposal.risk == "R3":
        raise RefusedError("Log in to decide about this: it cannot be undone.", code="LOGIN_REQUIRED")
    with institution_scope(link.institution_id), contract_trusted(link.institution_id):
        active_contract(link.approval.proposal.department)  # safe mode is entered here, where nothing takes it back
    with institution_scope(link.institution_id), unit(link.institution_id, access.actor):
        used = ApprovalLink.objects.filter(pk=link.pk, used_at=None).update(used_at=timezone.now())
        if not used:
            raise ExpiredError("This link was used: it decides once.", code="LINK_USED")
        return approval_vote(
            approval=link.approval,
            actor=access.actor,
            verdict=verdict,
            plan_digest=plan_digest,
            reason=reason,
            via="link",
        )
