"""Who asks and who votes, as the engine sees them: with the roles that they hold now."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from django.db.models import F

from opsportal.core.actor import ENGINE, Actor, ActorKind
from opsportal.institutions.models import Member, User
from remediation.engine import Party, Stage
from remediation.engine import Vote as EngineVote
from remediation.engine.snapshot import Verdict
from remediation.models import Delegation, Proposal, Vote

AGENT_ROLE = "organizational_agent"


def party_of_actor(actor: Actor) -> Party:
    """Return ``actor`` for the engine. Behind an agent stands whom it acts for, if anybody."""
    if actor.kind is ActorKind.HUMAN:
        return Party("human", actor.id, actor.id, tuple(sorted(actor.roles)))
    roles = (AGENT_ROLE,) if actor.kind in {ActorKind.AGENT, ActorKind.RUNTIME} else ()
    kind = "agent" if actor.kind is ActorKind.RUNTIME else str(actor.kind)
    return Party(kind, actor.id, actor.on_behalf_of or "", roles)


def party_voting(actor: Actor) -> Party:
    """Return who votes with the roles that they hold now, whatever they held when their request began."""
    return Party("human", actor.id, actor.id, _roles_now([actor.id]).get(actor.id, ()))


def party_of_requester(proposal: Proposal) -> Party:
    """Return who asked, with the roles that count now; a person who left holds none."""
    if proposal.requester_kind == ActorKind.HUMAN:
        person = proposal.requester_id
        return Party("human", person, person, _roles_now([person]).get(person, ()))
    person = str(proposal.requested_by.code) if proposal.requested_by else ""
    return party_of_actor(
        Actor(kind=ActorKind(proposal.requester_kind), id=proposal.requester_id, on_behalf_of=person or None)
    )


def parties_of_voters(votes: Collection[Vote]) -> dict[int, Party]:
    """Return the voters by vote, with the roles that they hold now, in one query.

    Who votes in somebody's place has the delegated role as long as that person holds it.
    """
    people = {str(vote.voter.code) for vote in votes}
    people |= {str(vote.delegation.from_user.code) for vote in votes if vote.delegation}
    roles = _roles_now(people)
    return {vote.pk: _voter(vote, roles) for vote in votes}


def _voter(vote: Vote, roles: Mapping[str, tuple[str, ...]]) -> Party:
    person = str(vote.voter.code)
    held = roles.get(person, ())
    if vote.delegation and held and vote.delegation.role in roles.get(str(vote.delegation.from_user.code), ()):
        held = (*held, vote.delegation.role)
    return Party("human", person, person, held)


def _roles_now(people: Collection[str]) -> dict[str, tuple[str, ...]]:
    if not people:
        return {}
    rows = Member.objects.filter(user__code__in=people, is_active=True, user__is_active=True)
    held: dict[str, set[str]] = {}
    for code, role in rows.annotate(role=F("roles__name")).values_list("user__code", "role"):
        held.setdefault(str(code), set()).add(role)
    return {person: tuple(sorted(roles - {None})) for person, roles in held.items()}


def user_behind(actor: Actor) -> User | None:
    """Return the person who acts or for whom an agent acts; None when there is none."""
    code = actor.id if actor.kind is ActorKind.HUMAN else actor.on_behalf_of
    return User.objects.filter(code=code).first() if code else None


def delegation_for(person: str, roles: Collection[str], at: datetime) -> Delegation | None:
    """Return the delegation by which ``person`` may vote with one of ``roles`` at ``at``, whose giver holds it now."""
    given = Delegation.objects.filter(
        to_user__code=person, role__in=list(roles), ended_at=None, until__gt=at
    ).select_related("from_user")
    for delegation in given:
        giver = str(delegation.from_user.code)
        if delegation.role in _roles_now([giver]).get(giver, ()):
            return delegation
    return None


def vote_of(
    actor: Actor, *, stage: Stage | None, verdict: Verdict, plan: str, at: datetime
) -> tuple[EngineVote, Delegation | None]:
    """Return the vote of ``actor`` as the engine judges it, with the roles held now.

    It is in somebody's place, and the delegation comes with it, only if it would not count otherwise.
    """
    voter, delegation = party_voting(actor), None
    if stage and not set(voter.roles) & set(stage.roles):
        delegation = delegation_for(actor.id, stage.roles, at)
    if delegation:
        voter = replace(voter, roles=(*voter.roles, delegation.role))
    vote = EngineVote(
        voter=voter,
        verdict=verdict,
        stage=stage.id if stage else "",
        plan=plan,
        at=int(at.timestamp()),
        delegated_from=str(delegation.from_user.code) if delegation else "",
    )
    return vote, delegation


def engine_for(actor: Actor) -> Actor:
    """Return the engine as the actor of what it decided, on behalf of the person whose act made it decide."""
    return replace(ENGINE, on_behalf_of=actor.id if actor.kind is ActorKind.HUMAN else None)
