"""A1-A14 and G4: whoever may not vote, at every door, and those who may, at every door alike."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib import admin
from django.db import DatabaseError, transaction
from django.test import Client, RequestFactory
from django.utils import timezone

from opsportal.core.actor import SYSTEM, Actor, ActorKind
from opsportal.core.errors import ConflictError
from opsportal.institutions.access import Role
from opsportal.institutions.models import Member, User
from remediation import services
from remediation.models import Approval, ApprovalLink, Job, Proposal, Vote
from tests.institutions.factories import PASSWORD, actor_make, institution_make, system_make, user_make
from tests.portal.visits import HTMX
from tests.remediation.attacks.doors import (
    DOORS,
    FORM,
    SERVICE,
    SESSION,
    TOKEN,
    Door,
    Verdict,
    browser,
    token_of,
    verdict_of,
    watched,
)
from tests.remediation.attacks.variants import agents_delete, destructive, release, two_needed, two_stages
from tests.remediation.factories import Governed
from tests.remediation.signing import Signer


@pytest.fixture(params=DOORS, ids=lambda door: door.name)
def door(request: pytest.FixtureRequest) -> Door:
    found: Door = request.param
    return found


def executed() -> int:
    return Job.objects.filter(mode="execute").count()


@pytest.fixture
def both(governed: Governed) -> Actor:
    """Somebody who may ask and decide."""
    return actor_make(governed.institution, Role.OWNER, Role.EXECUTIVE_ADMIN)


def refuse(door: Door, actor: Actor, proposal: Proposal, status: int, code: str, **said: str) -> None:
    """Try to vote; assert the refusal, its reason, its entry, and that nothing else was written."""
    jobs = executed()
    with watched() as traces:
        assert door.vote(actor, proposal, **said).refusal == (status, code)
    assert traces.changed == []
    assert (traces.kinds, traces.codes) == ((["RBAC_DECISION"], [code]) if door.is_edge else ([], []))
    assert executed() == jobs


@pytest.mark.spec("V28")
def test_a1_whoever_asked_does_not_approve(governed: Governed, both: Actor, door: Door) -> None:
    refuse(door, both, governed.waiting(actor=both), 403, "APPROVAL_SOD_VIOLATION")


@pytest.mark.spec("V28")
def test_a1_the_owner_of_the_agent_that_asked_does_not_approve(governed: Governed, door: Door) -> None:
    release(governed, agents_delete())
    agent = Actor(kind=ActorKind.AGENT, id="A7", on_behalf_of=governed.executive.id)
    proposal = governed.waiting(actor=agent)
    assert proposal.status == "pending_approval"
    refuse(door, governed.executive, proposal, 403, "APPROVAL_SOD_VIOLATION")
    assert door.vote(governed.owner, proposal).is_allowed


@pytest.mark.spec("V28")
def test_a1_the_database_takes_no_vote_of_whoever_asked(governed: Governed, both: Actor) -> None:
    proposal = governed.waiting(actor=both)
    with watched() as traces, pytest.raises(DatabaseError, match="governance"), transaction.atomic():
        _ballot(proposal, User.objects.get(code=both.id))
    assert (traces.changed, traces.kinds) == ([], [])


@pytest.mark.spec("V21", "V28")
def test_a1_two_needed_are_two_even_for_who_writes_into_the_database(governed: Governed) -> None:
    release(governed, two_needed())
    proposal = governed.waiting()
    approval = Approval.objects.get(proposal=proposal)
    _ballot(proposal, User.objects.get(code=governed.executive.id))
    with pytest.raises(DatabaseError, match="votes"), transaction.atomic():
        Approval.objects.filter(pk=approval.pk).update(status="approved")
    _ballot(proposal, user_make("second"))
    assert Approval.objects.filter(pk=approval.pk).update(status="approved") == 1


@pytest.mark.parametrize("wrong", ["plan", "institution", "decided"])
def test_a1_the_database_takes_no_vote_that_belongs_elsewhere(governed: Governed, wrong: str) -> None:
    proposal = governed.waiting()
    changes: dict[str, object] = {}
    if wrong == "plan":
        changes["plan_digest"] = "0" * 64
    elif wrong == "institution":
        changes["institution_id"] = institution_make("away").pk
    else:
        governed.voted(proposal, verdict="reject")
    with pytest.raises(DatabaseError, match="governance"), transaction.atomic():
        _ballot(proposal, user_make("second"), **changes)


def _ballot(proposal: Proposal, voter: User, **changes: object) -> Vote:
    columns: dict[str, object] = {
        "institution_id": proposal.institution_id,
        "approval": proposal.approval,
        "voter": voter,
        "stage": "decision",
        "verdict": "approve",
        "roles": ["executive_admin"],
        "plan_digest": proposal.plan_digest,
        "via": "sql",
        "cast_at": timezone.now(),
    }
    return Vote.objects.create(**columns | changes)


@pytest.mark.spec("V28")
@pytest.mark.parametrize("who", ["requester", "approver"])
def test_a1_nobody_gets_a_link_that_votes_in_anothers_name(governed: Governed, both: Actor, who: str) -> None:
    proposal = governed.waiting(actor=both)
    actor = both if who == "requester" else actor_make(governed.institution, Role.EXECUTIVE_ADMIN, Role.DEVOPS)
    name = User.objects.get(code=governed.executive.id).username
    headers = {"Authorization": f"Bearer {token_of(actor, governed.institution.pk)}"}
    address = f"/api/v1/approvals/{proposal.approval.code}/links"
    before = ApprovalLink.objects.count()
    with watched() as traces:
        answer = Client().post(address, {"username": name}, "application/json", headers=headers)
        assert verdict_of(answer).refusal == (403, "NOT_YOUR_LINK")
    assert (traces.changed, traces.codes, ApprovalLink.objects.count()) == ([], ["NOT_YOUR_LINK"], before)


@pytest.mark.spec("V28")
def test_a2_a_second_address_is_no_second_person(governed: Governed, door: Door) -> None:
    release(governed, two_needed())
    proposal = governed.waiting()
    assert door.vote(governed.executive, proposal).is_allowed
    User.objects.filter(code=governed.executive.id).update(username="other", email="other@example.org")
    refuse(door, governed.executive, proposal, 409, "ALREADY_VOTED")
    assert executed() == 0


@pytest.mark.spec("V28")
def test_a3_an_approval_pressed_twice_counts_once(governed: Governed, door: Door) -> None:
    proposal = governed.waiting()
    assert door.vote(governed.executive, proposal).is_allowed
    refuse(door, governed.executive, proposal, 409, "ALREADY_DECIDED")
    assert (executed(), Vote.objects.count()) == (1, 1)


@pytest.mark.spec("V28")
def test_a3_a_press_at_another_door_is_no_second_vote(governed: Governed, door: Door) -> None:
    release(governed, two_needed())
    proposal = governed.waiting()
    assert TOKEN.vote(governed.executive, proposal).is_allowed
    refuse(door, governed.executive, proposal, 409, "ALREADY_VOTED")


@pytest.mark.spec("V28")
@pytest.mark.parametrize("late", [0, 1])
def test_a5_at_the_expiry_it_is_over(governed: Governed, door: Door, late: int) -> None:
    proposal = governed.waiting()
    with time_machine.travel(proposal.approval.expires_at + timedelta(seconds=late), tick=False), watched() as traces:
        assert door.vote(governed.executive, proposal).refusal == (410, "APPROVAL_EXPIRED")
    expiry = ["APPROVAL_EXPIRED", "PROPOSAL_EXPIRED"]
    assert traces.kinds == [*expiry, *(["RBAC_DECISION"] if door.is_edge else [])]
    assert traces.changed == ["Approval", "Proposal"]
    assert (executed(), Vote.objects.count()) == (0, 0)


@pytest.mark.spec("V28")
def test_a5_a_second_before_it_is_not(governed: Governed, door: Door) -> None:
    proposal = governed.waiting()
    with time_machine.travel(proposal.approval.expires_at - timedelta(seconds=1), tick=False):
        assert door.vote(governed.executive, proposal).is_allowed
    assert executed() == 1


@pytest.mark.spec("V28")
def test_a6_who_has_lost_the_role_does_not_vote(governed: Governed, door: Door) -> None:
    proposal = governed.waiting()
    Member.objects.get(user__code=governed.executive.id).roles.clear()
    refuse(door, governed.executive, proposal, 403, "RBAC_DENIED")


@pytest.mark.spec("V28")
def test_a6_a_vote_counts_no_more_when_its_voter_loses_the_role_before_the_second(
    governed: Governed, door: Door
) -> None:
    release(governed, two_needed())
    proposal = governed.waiting()
    governed.voted(proposal)
    Member.objects.get(user__code=governed.executive.id).roles.clear()
    second = actor_make(governed.institution, Role.EXECUTIVE_ADMIN, Role.DEVOPS)
    assert door.vote(second, proposal).is_allowed
    assert executed() == 0
    third = actor_make(governed.institution, Role.EXECUTIVE_ADMIN, Role.NOC)
    assert door.vote(third, proposal).is_allowed
    assert executed() == 1


@pytest.mark.spec("V21")
@pytest.mark.parametrize("loss", ["role", "membership", "account"])
def test_a6_a7_a_job_whose_approver_is_gone_is_not_handed_out(governed: Governed, loss: str) -> None:
    job = governed.ordered()
    _lose(governed.executive, loss)
    with watched() as traces:
        assert Signer(governed.runtime).post("jobs/claim", {}).json["orders"] == []
    assert traces.kinds == ["JOB_BLOCKED", "JOB_CANCELLED", "APPROVAL_CANCELED", "PROPOSAL_STALE"]
    assert set(traces.codes) == {"NOT_APPROVED"}
    job.refresh_from_db()
    assert (job.status, job.proposal.status) == ("cancelled", "stale")


def _lose(actor: Actor, loss: str) -> None:
    member = Member.objects.get(user__code=actor.id)
    if loss == "role":
        member.roles.clear()
    elif loss == "membership":
        Member.objects.filter(pk=member.pk).update(is_active=False)
    else:
        User.objects.filter(pk=member.user_id).update(is_active=False)


@pytest.mark.spec("V28")
@pytest.mark.parametrize("loss", ["membership", "account"])
def test_a7_who_has_left_does_not_vote(governed: Governed, door: Door, loss: str) -> None:
    proposal = governed.waiting()
    token_of(governed.executive, governed.institution.pk)
    _lose(governed.executive, loss)
    with watched() as traces:
        verdict = door.vote(governed.executive, proposal)
    # Who is no member is not told that there is such an institution; who has no account is a stranger.
    unknown = 404 if loss == "membership" else 401
    assert verdict.status == {"service": 403, "token": 401, "session": unknown, "form": unknown}[door.name]
    assert (traces.changed, traces.kinds) == ([], [])


@pytest.mark.spec("V28")
@pytest.mark.parametrize("kind", [ActorKind.AGENT, ActorKind.RUNTIME, ActorKind.SCHEDULE, ActorKind.SYSTEM])
def test_a9_g4_no_machine_votes_whatever_roles_it_claims(governed: Governed, kind: ActorKind) -> None:
    proposal = governed.waiting()
    machine = Actor(kind=kind, id="A7", roles=frozenset(Role), on_behalf_of=governed.executive.id)
    refuse(SERVICE, machine, proposal, 403, "APPROVAL_SOD_VIOLATION")


@pytest.mark.spec("V28")
@pytest.mark.parametrize("verb", ["decide", "release", "stop", "revoke", "cancel"])
def test_a9_g4_a_machines_credentials_open_no_door_that_decides(governed: Governed, verb: str) -> None:
    job = governed.ordered()
    proposal = governed.waiting()
    made = services.runtime_create(department=governed.department, name="spare", actor=SYSTEM)
    address, body = {
        "decide": (f"approvals/{proposal.approval.code}/decide", {"decision": "approve", "plan_digest": proposal.plan_digest}),
        "release": ("releases", {"department": "personal_ops", "bundle": str(proposal.bundle.code)}),
        "stop": ("brakes/stop", {"active": True}),
        "revoke": (f"runtimes/{governed.runtime.row.code}/revoke", {}),
        "cancel": (f"jobs/{job.code}/cancel", {}),
    }[verb]  # fmt: skip
    url = f"/api/v1/{address}"
    signed, text = Signer(governed.runtime).signed("", body, url=f"http://testserver{url}")
    signed.pop("Content-Type")
    with watched() as traces:
        for headers in ({"X-Actor-Token": made.token}, {"Authorization": f"Bearer {made.token}"}, signed):
            answer = Client().generic("POST", url, text, "application/json", headers=headers)
            assert verdict_of(answer).refusal[0] == 401
    assert (traces.changed, traces.kinds) == ([], [])


@pytest.mark.spec("V28")
def test_a10_who_may_vote_may_at_every_door_and_it_comes_to_the_same(governed: Governed, door: Door) -> None:
    proposal = governed.waiting()
    with watched() as traces:
        assert door.vote(governed.executive, proposal).is_allowed
    assert traces.kinds == ["APPROVAL_VOTED", "APPROVAL_DECIDED", "PROPOSAL_DECIDED", "JOB_ENQUEUED"]
    assert traces.changed == ["Approval", "Job", "Proposal", "Vote"]
    job = Job.objects.get(mode="execute")
    assert governed.runtime.order_of(job)["approved_by"] == [governed.executive.id]


@pytest.mark.spec("V28")
def test_a10_no_other_role_votes_at_any_door(governed: Governed, door: Door) -> None:
    proposal = governed.waiting()
    for role in sorted(set(Role) - {Role.OWNER, Role.EXECUTIVE_ADMIN}):
        refuse(door, actor_make(governed.institution, role), proposal, 403, "RBAC_DENIED")


def test_a10_nothing_of_governance_is_typed_in_the_admin(governed: Governed) -> None:
    """Neither by whoever answers for the installation."""
    governed.ordered()
    request = RequestFactory().get("/admin/")
    request.user = User.objects.create_superuser("root", "root@example.org", PASSWORD)
    pages = [page for model, page in admin.site._registry.items() if model.__module__.startswith("remediation.")]
    assert pages
    for page in pages:
        row = page.model.objects.first()
        given = (page.has_add_permission(request), page.has_change_permission(request, row))
        assert (*given, page.has_delete_permission(request, row)) == (False, False, False), page


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_a10_a_look_at_a_door_decides_nothing(governed: Governed, method: str) -> None:
    """Links are fetched by programs that look at them before people do."""
    proposal = governed.waiting()
    client = browser(governed.executive)
    addresses = [
        f"/i/home/proposals/{proposal.code}",
        f"/i/home/proposals/{proposal.code}/approve",
        f"/i/home/proposals/{proposal.code}/reject",
        f"/i/home/approvals/{proposal.approval.code}",
        f"/api/v1/approvals/{proposal.approval.code}",
        f"/api/v1/approvals/{proposal.approval.code}/decide",
    ]
    with watched() as traces:
        for number in range(100):
            query = {"decision": "approve", "plan_digest": proposal.plan_digest, "reason": "link"}
            agent = ("Slackbot-LinkExpanding 1.0", "SkypeUriPreview Preview/0.5", "Mozilla/5.0")[number % 3]
            getattr(client, method)(addresses[number % len(addresses)], query, headers={"User-Agent": agent})
    assert (traces.changed, traces.kinds) == ([], [])


@pytest.mark.spec("V28")
def test_a11_what_was_rejected_is_not_approved_afterwards(governed: Governed, door: Door) -> None:
    proposal = governed.waiting()
    assert door.vote(governed.executive, proposal, verdict="reject", reason="still needed").is_allowed
    second = actor_make(governed.institution, Role.EXECUTIVE_ADMIN, Role.DEVOPS)
    refuse(door, second, proposal, 409, "ALREADY_DECIDED")


@pytest.mark.spec("V21", "V28")
def test_a11_after_a_rejection_no_way_leads_to_a_job(governed: Governed) -> None:
    proposal = governed.waiting()
    governed.voted(proposal, verdict="reject", reason="still needed")
    with watched() as traces:
        services.governance_sweep(governed.institution.pk)
        assert governed.asked(idempotency_key=proposal.idempotency_key) == proposal
        assert Signer(governed.runtime).post("jobs/claim", {"limit": 10}).json["orders"] == []
        with pytest.raises(ConflictError):
            governed.runtime.report(Job.objects.get(proposal=proposal), result={"diff": [], "preconditions": []})
    assert (traces.changed, traces.kinds) == ([], [])
    for forge in (
        lambda: Approval.objects.filter(proposal=proposal).update(status="approved"),
        lambda: _job(proposal),
        lambda: (Proposal.objects.filter(pk=proposal.pk).update(status="approved"), _job(proposal)),
    ):
        with pytest.raises(DatabaseError, match="governance"), transaction.atomic():
            forge()
    assert executed() == 0


def _job(proposal: Proposal) -> Job:
    at = timezone.now()
    return Job.objects.create(
        code=proposal.code,
        institution_id=proposal.institution_id,
        proposal=proposal,
        approval=proposal.approval,
        runtime=proposal.runtime,
        mode="execute",
        plan_digest=proposal.plan_digest,
        not_before=at,
        expires_at=at + timedelta(hours=1),
        created_at=at,
    )


@pytest.mark.spec("V28")
def test_a12_one_person_with_both_roles_is_one_person(governed: Governed, door: Door, both: Actor) -> None:
    release(governed, two_stages())
    proposal = governed.waiting()
    assert door.vote(both, proposal).is_allowed
    refuse(door, both, proposal, 409, "ALREADY_VOTED")
    assert executed() == 0
    assert door.vote(governed.executive, proposal).is_allowed
    assert executed() == 1


def test_a12_the_second_stage_does_not_go_first(governed: Governed, door: Door) -> None:
    release(governed, two_stages())
    refuse(door, governed.executive, governed.waiting(), 403, "RBAC_DENIED")


def test_a13_who_votes_for_the_requester_or_for_one_who_has_voted_adds_nothing(governed: Governed, both: Actor) -> None:
    release(governed, two_needed())
    proposal = governed.waiting(actor=both)
    deputy = actor_make(governed.institution, Role.DEVOPS)
    person = User.objects.get(code=deputy.id)
    until = timezone.now() + timedelta(days=1)
    for door, giver, code in (
        (SERVICE, both, (403, "APPROVAL_SOD_VIOLATION")),
        (TOKEN, governed.executive, (409, "ALREADY_VOTED")),
    ):
        given = services.delegation_create(
            institution_id=governed.institution.pk, role="executive_admin", to_user=person, until=until, actor=giver
        )
        if giver is governed.executive:
            governed.voted(proposal)
        refuse(door, deputy, proposal, *code)
        services.delegation_end(delegation=given, actor=giver)
    refuse(FORM, deputy, proposal, 403, "RBAC_DENIED")


@pytest.fixture
def aged(governed: Governed) -> Proposal:
    """A destructive proposal that waits."""
    release(governed, destructive())
    return governed.waiting()


def test_a14_who_has_not_confirmed_lately_approves_nothing_destructive(governed: Governed, aged: Proposal) -> None:
    system_make()
    address = f"/i/home/proposals/{aged.code}/approve"
    client = _confirmed(governed.executive)
    fields = {"plan_digest": aged.plan_digest, "reason": "looked"}
    with time_machine.travel(timezone.now() + timedelta(minutes=6)), watched() as traces:
        assert client.get(address).status_code == 302
        assert verdict_of(client.post(address, fields, headers=HTMX)).refusal == (403, "STEP_UP_REQUIRED")
    assert (traces.changed, traces.kinds, traces.codes) == ([], ["RBAC_DECISION"], ["STEP_UP_REQUIRED"])
    assert verdict_of(client.post(address, fields, headers=HTMX)) == Verdict(204)


@pytest.mark.parametrize("door", [SESSION, TOKEN], ids=lambda door: door.name)
def test_a14_the_same_login_approves_nothing_destructive_by_the_api(
    governed: Governed, aged: Proposal, door: Door
) -> None:
    assert door.vote(governed.executive, aged).refusal == (403, "STEP_UP_REQUIRED")


def _confirmed(actor: Actor) -> Client:
    """Log in and enter the password once more, as people do."""
    user = User.objects.get(code=actor.id)
    client = Client()
    assert client.post("/accounts/login/", {"login": user.username, "password": PASSWORD}).status_code == 302
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302
    return client
