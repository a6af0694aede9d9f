"""Voting in somebody's place: both count as one person, and never for whoever asked."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ledger.models import Entry
from opsportal.core.errors import ConflictError, InvalidError, RefusedError
from opsportal.institutions.access import Role
from opsportal.institutions.models import Member, User
from remediation import services
from remediation.models import Delegation, Job, Vote
from tests.institutions.factories import actor_make
from tests.remediation.factories import Governed


def user_of(actor_id: str) -> User:
    return User.objects.get(code=actor_id)


def delegated(governed: Governed, to: str) -> Delegation:
    return services.delegation_create(
        institution_id=governed.institution.pk,
        role="executive_admin",
        to_user=user_of(to),
        until=timezone.now() + timedelta(days=1),
        actor=governed.executive,
    )


def test_a_delegate_votes_in_the_place_of_the_giver(governed: Governed) -> None:
    deputy = actor_make(governed.institution, Role.DEVOPS)
    proposal = governed.waiting()
    with pytest.raises(RefusedError):
        governed.voted(proposal, actor=deputy)
    delegation = delegated(governed, deputy.id)
    governed.voted(proposal, actor=deputy)
    assert proposal.status == "approved"
    assert Vote.objects.get().delegation == delegation
    entry = Entry.objects.get(kind="APPROVAL_VOTED").content
    assert (entry["actor"], entry["data"]["on_behalf_of"]) == (deputy.id, governed.executive.id)
    assert services.jobs_claim(runtime=governed.runtime.row, limit=1)


def test_the_giver_who_lost_the_role_has_given_nothing(governed: Governed) -> None:
    deputy = actor_make(governed.institution, Role.DEVOPS)
    delegated(governed, deputy.id)
    proposal = governed.waiting()
    governed.voted(proposal, actor=deputy)
    Member.objects.get(user__code=governed.executive.id).roles.clear()
    assert services.jobs_claim(runtime=governed.runtime.row, limit=1) == []
    assert Job.objects.get(mode="execute").status == "cancelled"


def test_whoever_asked_cannot_have_it_approved_by_a_delegate_of_theirs(governed: Governed) -> None:
    asker = actor_make(governed.institution, Role.OWNER, Role.EXECUTIVE_ADMIN)
    deputy = actor_make(governed.institution, Role.DEVOPS)
    services.delegation_create(
        institution_id=governed.institution.pk,
        role="owner",
        to_user=user_of(deputy.id),
        until=timezone.now() + timedelta(days=1),
        actor=asker,
    )
    proposal = governed.waiting(actor=asker)
    with pytest.raises(RefusedError) as refused:
        governed.voted(proposal, actor=deputy)
    assert refused.value.code == "APPROVAL_SOD_VIOLATION"


@pytest.mark.parametrize("days", [-1, 31])
def test_a_delegation_lasts_thirty_days_at_most(governed: Governed, days: int) -> None:
    deputy = actor_make(governed.institution, Role.DEVOPS)
    with pytest.raises(InvalidError):
        services.delegation_create(
            institution_id=governed.institution.pk,
            role="executive_admin",
            to_user=user_of(deputy.id),
            until=timezone.now() + timedelta(days=days),
            actor=governed.executive,
        )


def test_a_role_that_one_does_not_hold_cannot_be_given_nor_to_oneself_nor_to_a_bystander(governed: Governed) -> None:
    deputy = actor_make(governed.institution, Role.DEVOPS)
    with pytest.raises(RefusedError):
        services.delegation_create(
            institution_id=governed.institution.pk,
            role="executive_admin",
            to_user=user_of(deputy.id),
            until=timezone.now() + timedelta(days=1),
            actor=governed.owner,
        )
    with pytest.raises(InvalidError):
        delegated(governed, governed.executive.id)
    with pytest.raises(InvalidError):
        delegated(governed, actor_make(governed.institution, Role.NOC).id)


def test_an_ended_delegation_is_worth_nothing(governed: Governed) -> None:
    deputy = actor_make(governed.institution, Role.DEVOPS)
    delegation = delegated(governed, deputy.id)
    services.delegation_end(delegation=delegation, actor=governed.executive)
    services.delegation_end(delegation=delegation, actor=governed.executive)
    with pytest.raises(RefusedError):
        governed.voted(governed.waiting(), actor=deputy)
    with pytest.raises(RefusedError):
        services.delegation_end(delegation=delegation, actor=governed.owner)


def test_the_giver_cannot_vote_beside_the_delegate(governed: Governed) -> None:
    deputy = actor_make(governed.institution, Role.DEVOPS)
    delegated(governed, deputy.id)
    proposal = governed.waiting()
    governed.voted(proposal, actor=deputy)
    with pytest.raises(ConflictError):
        governed.voted(proposal)
