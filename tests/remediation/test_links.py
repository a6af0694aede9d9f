"""Deciding by a link: one request, one person, one use."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from opsportal.core.errors import ConflictError, ExpiredError, NotFoundError
from opsportal.institutions.access import Role
from opsportal.institutions.models import Member, User
from remediation import services
from remediation.models import Approval, Job, Vote
from remediation.services.links import LinkMade
from tests.api.callers import caller_make
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


@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_it_a_hundred_times_decides_nothing(governed: Governed, client: Client, method: str) -> None:
    made = linked(governed)
    for agent in ["Slackbot-LinkExpanding 1.0", "Mozilla/5.0 SkypeUriPreview Preview/0.5", "curl/8"] * 34:
        answer = getattr(client, method)(f"/decide/{made.token}", headers={"User-Agent": agent})
        assert answer.status_code == 200
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "no-store" in answer.headers["Cache-Control"]
    made.link.refresh_from_db()
    assert (made.link.used_at, Vote.objects.count(), Approval.objects.get().status) == (None, 0, "pending")


def test_its_form_is_the_vote(governed: Governed, client: Client) -> None:
    made = linked(governed)
    page = client.get(f"/decide/{made.token}").content.decode()
    assert "a.txt" in page
    digest = made.link.approval.plan_digest
    assert f'value="{digest}"' in page
    sent = {"decision": "approve", "plan_digest": digest, "reason": "looked at it"}
    answer = client.post(f"/decide/{made.token}", sent)
    assert (answer.status_code, Approval.objects.get().status) == (200, "approved")
    again = client.post(f"/decide/{made.token}", sent)
    assert (again.status_code, Vote.objects.count()) == (410, 1)
    assert client.get("/decide/nonsense").status_code == 404


def test_its_form_needs_the_token_of_the_form(governed: Governed) -> None:
    made = linked(governed)
    sent = {"decision": "approve", "plan_digest": made.link.approval.plan_digest, "reason": "x"}
    assert Client(enforce_csrf_checks=True).post(f"/decide/{made.token}", sent).status_code == 403
    assert not Vote.objects.exists()


def test_the_api_makes_links_delegations_and_reviews(governed: Governed) -> None:
    proposal = governed.waiting()
    chief = caller_make(governed.institution, Role.OPS_LEAD, Role.EXECUTIVE_ADMIN, username="chief")
    other = caller_make(governed.institution, Role.DEVOPS, username="deputy")
    made = chief.post(f"/api/v1/approvals/{proposal.approval.code}/links", {"username": "chief"})
    assert made.status == 201
    assert made.json["url"].startswith("http://testserver/decide/ops_")
    assert chief.post(f"/api/v1/approvals/{proposal.approval.code}/links", {"username": "nobody"}).status == 404
    until = (timezone.now() + timedelta(days=1)).isoformat()
    given = chief.post("/api/v1/delegations", {"role": "executive_admin", "username": "deputy", "until": until})
    assert given.status == 201
    assert other.get("/api/v1/delegations").json["results"][0]["id"] == given.json["id"]
    ended = other.post(f"/api/v1/delegations/{given.json['id']}/end")
    assert ended.json["ended_at"] is not None
    review = chief.post(f"/api/v1/proposals/{proposal.code}/review", {"verdict": "justified", "note": "x"})
    assert review.status == 409
