"""Deciding by a link: one request, one person, one use."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from opsportal.core.errors import ConflictError, ExpiredError, NotFoundError
from opsportal.institutions.access import Role
from opsportal.institutions.models import Member, User
from remediation import services
from remediation.models import Job, Vote
from remediation.services.links import LinkMade
from tests.institutions.factories import actor_make
from tests.remediation.factories import Governed


def linked(governed: Governed) -> LinkMade:
    proposal = governed.waiting()
    user = User.objects.get(code=governed.executive.id)
    return services.link_create(approval=proposal.approval, user=user, actor=governed.executive)


def decided(made: LinkMade, verdict: str = "approve") -> None:
    digest = made.link.approval.plan_digest
    services.link_vote(token=made.token, verdict=verdict, plan_digest=digest, reason="looked at it")


def test_a_link_decides_once(governed: Governed) -> None:
    made = linked(governed)
    decided(made)
    vote = Vote.objects.get()
    assert (vote.via, str(vote.voter.code)) == ("link", governed.executive.id)
    assert Job.objects.filter(mode="execute").count() == 1
    with pytest.raises(ExpiredError) as refused:
        decided(made)
    assert refused.value.code == "LINK_USED"


def test_a_link_that_was_refused_can_be_used_again(governed: Governed) -> None:
    made = linked(governed)
    with pytest.raises(ConflictError):
        services.link_vote(token=made.token, verdict="approve", plan_digest="0" * 64, reason="x")
    assert not Vote.objects.exists()
    decided(made)
    assert Vote.objects.exists()


def test_a_link_grows_old_with_the_approval_or_in_three_days(governed: Governed) -> None:
    made = linked(governed)
    assert made.link.expires_at <= made.link.approval.expires_at
    with time_machine.travel(made.link.expires_at, tick=False), pytest.raises(ExpiredError):
        decided(made)


def test_a_link_opens_nothing_for_whoever_lost_the_role_or_left(governed: Governed) -> None:
    made = linked(governed)
    Member.objects.filter(user__code=governed.executive.id).update(is_active=False)
    with pytest.raises(NotFoundError):
        decided(made)
    with pytest.raises(NotFoundError):
        services.link_find(made.token[:-1] + "x")
    with pytest.raises(NotFoundError):
        services.link_find("")


def test_nobody_gets_a_link_who_could_not_decide(governed: Governed) -> None:
    proposal = governed.waiting()
    for actor_id in (governed.owner.id, actor_make(governed.institution, Role.NOC).id):
        with pytest.raises(ConflictError):
            services.link_create(
                approval=proposal.approval, user=User.objects.get(code=actor_id), actor=governed.executive
            )


def test_its_secret_is_not_kept(governed: Governed) -> None:
    made = linked(governed)
    assert made.token not in str(vars(made.link))
    assert made.token not in repr(made)
    assert made.link.expires_at <= timezone.now() + timedelta(hours=72)
