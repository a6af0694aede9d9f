"""The page of one proposal, the second step, the list, and a new one."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.models import User
from remediation import services
from remediation.forms import DecisionForm
from remediation.models import Job, Proposal, Runtime, Vote
from tests.institutions.factories import institution_make, member_make
from tests.portal.visits import HTMX, cost, pressed, seen, visitor
from tests.remediation.factories import Governed
from tests.remediation.people import browser_of

NEW = "/i/home/proposals/new"
HOSTILE = "<b>x</b>\u202egnp.exe\nrm"


def page(proposal: Proposal, rest: str = "") -> str:
    return f"/i/home/proposals/{proposal.code}{rest}"


@pytest.fixture
def owner(governed: Governed) -> Client:
    return browser_of(governed.owner, name="Olga")


@pytest.fixture
def executive(governed: Governed) -> Client:
    return browser_of(governed.executive, name="Ed")


@pytest.mark.spec("V35", "V41", "V42")
def test_it_says_who_wants_what_where_and_why_in_the_order_of_reading(
    governed: Governed, owner: Client, executive: Client
) -> None:
    proposal = governed.waiting(paths=["a.txt", "b/c.txt"], reason="the disk is full")
    shown = seen(executive, page(proposal))
    wanted = [
        "<strong>Olga</strong> wants to delete 2 files on <strong>",
        "R2 changes",
        "can be undone",
        "the disk is full",
        "What would change",
        "b/c.txt",
        "Only if it is still so",
        "ba7816bf8f01",
        "Why it is allowed",
        "personal_ops@v1.0.0",
        "rule files_delete {",
        "owner or executive admin",
        "Its SHA-256 is what people vote on",
        "0 of 1 votes are in",
        "Approve…",
    ]
    places = [shown.index(text) for text in wanted]
    assert places == sorted(places)
    assert f'name="plan_digest" value="{proposal.plan_digest}"' in shown


@pytest.mark.spec("V35")
def test_names_that_a_stranger_chose_hide_nothing(governed: Governed, executive: Client) -> None:
    shown = seen(executive, page(governed.waiting(paths=[HOSTILE])))
    assert "<b>x</b>" not in shown
    assert "&lt;b&gt;x&lt;/b&gt;" in shown
    assert "\u202e" not in shown
    assert 'title="U+202E RIGHT-TO-LEFT OVERRIDE">U+202E<' in shown
    assert 'title="U+000A">↵<' in shown


def test_a_page_costs_the_same_for_one_name_and_for_fifty(governed: Governed, executive: Client) -> None:
    one, many = governed.waiting(), governed.waiting(paths=[f"{n}.txt" for n in range(50)])
    assert cost(executive, page(one)) == cost(executive, page(many)) <= 24


def test_no_page_begins_with_the_cursor_on_the_approval(governed: Governed, executive: Client) -> None:
    proposal = governed.waiting()
    for rest in ("", "/approve"):
        assert "autofocus" not in seen(executive, page(proposal, rest))
    assert 'data-act="' not in seen(executive, page(proposal))


@pytest.mark.spec("V35")
def test_a_look_at_the_second_step_decides_nothing(governed: Governed, executive: Client) -> None:
    proposal = governed.waiting()
    for _ in range(3):
        assert "You agree that exactly this is done" in seen(executive, page(proposal, "/approve"))
        assert executive.head(page(proposal, "/approve")).status_code == 200
    assert not Vote.objects.exists()


@pytest.mark.spec("V35")
def test_the_second_step_counts_the_vote_and_goes_to_the_job(governed: Governed, executive: Client) -> None:
    proposal = governed.waiting()
    answer = executive.post(
        page(proposal, "/approve"), {"plan_digest": proposal.plan_digest, "reason": "looked"}, headers=HTMX
    )
    assert (answer.status_code, answer["HX-Redirect"]) == (204, page(proposal))
    assert Job.objects.get(mode="execute").status == "enqueued"
    shown = seen(executive, page(proposal))
    assert "The signed order waits for the runtime" in shown
    assert "Approve…" not in shown
    assert "1 of 1" in shown


def test_the_second_step_needs_a_reason_and_the_plan(governed: Governed, executive: Client) -> None:
    proposal = governed.waiting()
    assert "This field is required." in pressed(executive, page(proposal, "/approve"), plan_digest=proposal.plan_digest)
    assert "load the page again" in pressed(executive, page(proposal, "/approve"), reason="x")
    other = executive.post(page(proposal, "/approve"), {"plan_digest": "0" * 64, "reason": "x"}, headers=HTMX)
    assert other.status_code == 409
    assert not Vote.objects.exists()


@pytest.mark.spec("V35")
def test_denying_needs_a_reason_and_is_told_with_it(governed: Governed, executive: Client, owner: Client) -> None:
    proposal = governed.waiting()
    sent = {"plan_digest": proposal.plan_digest}
    assert executive.post(page(proposal, "/reject"), sent, headers=HTMX).status_code == 422
    assert (
        executive.post(page(proposal, "/reject"), {**sent, "reason": "still needed"}, headers=HTMX).status_code == 204
    )
    shown = seen(owner, page(proposal))
    assert "<strong>Ed</strong>" in shown
    assert "still needed" in shown
    assert f"?again={proposal.code}" in shown
    assert not Job.objects.filter(mode="execute").exists()


def test_whoever_asked_reads_that_another_person_decides_and_may_withdraw(governed: Governed, owner: Client) -> None:
    proposal = governed.waiting()
    shown = seen(owner, page(proposal))
    assert "another person has to decide" in shown
    assert "Approve…" not in shown
    answer = owner.post(page(proposal, "/approve"), {"plan_digest": proposal.plan_digest, "reason": "me"}, headers=HTMX)
    assert answer.status_code == 403
    assert owner.post(page(proposal, "/withdraw"), headers=HTMX).status_code == 204
    assert "Whoever asked took it back" in seen(owner, page(proposal))


def test_others_cannot_withdraw_it(governed: Governed, executive: Client) -> None:
    proposal = governed.waiting()
    assert executive.post(page(proposal, "/withdraw"), headers=HTMX).status_code == 403
    proposal.refresh_from_db()
    assert proposal.status == "pending_approval"


def test_who_may_read_but_not_decide_sees_no_buttons(governed: Governed) -> None:
    noc = visitor(governed.institution, Role.NOC)
    proposal = governed.waiting()
    shown = seen(noc, page(proposal))
    assert "your roles do not decide" in shown
    assert "Approve…" not in shown
    assert noc.get(page(proposal, "/approve")).status_code == 403
    assert noc.post(page(proposal, "/reject"), {}).status_code == 403


def test_who_belongs_elsewhere_finds_nothing(governed: Governed) -> None:
    away = institution_make("away")
    stranger = visitor(away, *Role)
    proposal = governed.waiting()
    assert stranger.get(page(proposal)).status_code == 404
    assert stranger.get(page(proposal).replace("home", "away")).status_code == 404


def test_a_changed_contract_is_said_before_anybody_votes(governed: Governed, executive: Client) -> None:
    proposal = governed.waiting()
    source = proposal.bundle.source.replace('version: "1.0.0"', 'version: "1.0.1"')
    bundle = services.bundle_compile(institution=governed.institution, source=source, actor=governed.owner)
    services.bundle_release(department=governed.department, bundle=bundle, actor=governed.owner)
    shown = seen(executive, page(proposal))
    assert "Stale" in shown
    assert "Propose again" not in shown or f"?again={proposal.code}" in shown


def test_while_the_emergency_stop_is_pulled_nobody_decides(governed: Governed, executive: Client) -> None:
    proposal = governed.waiting()
    services.brakes_stop(institution=governed.institution, is_stopped=True, actor=governed.owner)
    shown = seen(executive, page(proposal))
    assert "Emergency stop" in shown
    assert "nobody can decide until it is released" in shown
    assert "Approve…" not in shown


def test_who_decides_in_somebodys_place_is_shown_with_both(governed: Governed, owner: Client) -> None:
    clerk = member_make(governed.institution, Role.DEVOPS)
    proposal = governed.waiting()
    client = browser_of(clerk.actor, name="Carla")
    assert "Approve…" not in seen(client, page(proposal))
    services.delegation_create(
        institution_id=governed.institution.pk,
        role=Role.EXECUTIVE_ADMIN,
        to_user=clerk.user,
        until=timezone.now() + timedelta(days=1),
        actor=governed.executive,
    )
    assert "Approve…" in seen(client, page(proposal))
    sent = {"plan_digest": proposal.plan_digest, "reason": "looked"}
    assert client.post(page(proposal, "/approve"), sent, headers=HTMX).status_code == 204
    giver = User.objects.get(code=governed.executive.id)
    shown = seen(owner, page(proposal))
    assert "<strong>Carla</strong>" in shown
    assert f"in place of {giver}" in shown


def test_an_emergency_says_so_and_somebody_else_reviews_it(
    governed: Governed, owner: Client, executive: Client
) -> None:
    proposal = governed.asked(emergency="disk_full")
    governed.runtime.dry_run(Job.objects.get(proposal=proposal, mode="dry_run"))
    assert "The clause disk_full was invoked in place of the approval." in seen(owner, page(proposal))
    assert "It was justified" not in seen(owner, page(proposal))
    assert "It was justified" in seen(executive, page(proposal))
    sent = {"verdict": "justified", "note": "the disk was full indeed"}
    assert owner.post(page(proposal, "/review"), sent, headers=HTMX).status_code == 403
    assert executive.post(page(proposal, "/review"), {**sent, "note": ""}, headers=HTMX).status_code == 422
    assert executive.post(page(proposal, "/review"), sent, headers=HTMX).status_code == 204
    assert "Reviewed by Ed" in seen(owner, page(proposal))


def test_what_cannot_be_undone_is_named_once_more() -> None:
    sent = {"plan_digest": "a" * 64, "reason": "x"}
    for name, is_right in (("", False), ("disk", False), ("desk", True)):
        form = DecisionForm({**sent, "target": name}, target="desk", is_irreversible=True, is_needed=True)
        assert form.is_valid() is is_right
    assert DecisionForm(sent, target="desk", is_irreversible=False, is_needed=True).is_valid()


@pytest.mark.spec("V35")
def test_the_highest_class_asks_for_the_password_again(governed: Governed, executive: Client) -> None:
    proposal = governed.waiting()
    Proposal.objects.filter(pk=proposal.pk).update(risk="R3")
    answer = executive.get(page(proposal, "/approve"))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/reauthenticate/?next=")
    sent = {"plan_digest": proposal.plan_digest, "reason": "x"}
    refused = executive.post(page(proposal, "/approve"), sent, headers=HTMX)
    assert refused.status_code == 403
    assert "STEP_UP_REQUIRED" in refused.content.decode()
    assert not Vote.objects.exists()
    person = User.objects.get(code=governed.executive.id)
    assert person.check_password("correct horse battery")
    back = executive.post(answer["Location"], {"password": "correct horse battery"})
    assert (back.status_code, back["Location"]) == (302, page(proposal, "/approve"))
    assert executive.post(page(proposal, "/approve"), sent, headers=HTMX).status_code == 204


def test_the_list_filters_and_counts(governed: Governed, owner: Client, executive: Client) -> None:
    governed.waiting()
    governed.voted(governed.waiting())
    assert seen(owner, "/i/home/proposals/").count("data-row ") == 2
    shown = seen(owner, "/i/home/proposals/?status=approved")
    assert shown.count("data-row ") == 1
    assert "Waits for approval <b>1</b>" in shown
    assert seen(executive, "/i/home/proposals/?mine=1").count("data-row ") == 0
    assert "Nothing matches" in seen(owner, "/i/home/proposals/?operation=files.move")
    few = cost(owner, "/i/home/proposals/")
    for _ in range(3):
        governed.asked()
    assert cost(owner, "/i/home/proposals/") == few <= 9


@pytest.mark.spec("V40")
def test_what_can_be_asked_for_says_what_it_takes(governed: Governed, owner: Client, executive: Client) -> None:
    shown = seen(owner, NEW)
    assert "Delete files" in shown
    assert "Tried without effect first." in shown
    assert "1 person must agree: executive admin or owner." in shown
    assert "Decide on an approval" not in shown
    assert "The contract lets owner ask for it." in seen(executive, NEW)
    assert seen(visitor(governed.institution, Role.SEO), NEW, status=403)


def test_a_form_is_drawn_from_the_contract_and_asks_once(governed: Governed, owner: Client) -> None:
    address = f"{NEW}?operation=files.delete"
    shown = seen(owner, address)
    assert "One on each line, at most 200." in shown
    match = re.search(r'name="idempotency_key" value="([0-9a-f]{32})"', shown)
    assert match
    fields = {"param-paths": "a.txt\r\nb c.txt", "reason": "old", "idempotency_key": match[1]}
    first = owner.post(address, fields)
    assert first.status_code == 302
    assert owner.post(address, fields)["Location"] == first["Location"]
    proposal = Proposal.objects.get()
    assert (proposal.params, proposal.reason) == ({"paths": ["a.txt", "b c.txt"]}, "old")
    assert "Waits for the dry-run" in seen(owner, first["Location"])


def test_each_field_says_what_is_wrong_with_it(governed: Governed, owner: Client) -> None:
    shown = pressed(owner, f"{NEW}?operation=files.delete", idempotency_key="k", **{"param-paths": "/etc/passwd"})
    assert 'id="id_param-paths-error"' in shown
    assert "The parameter paths" in shown
    assert 'id="id_reason-error"' in shown
    assert not Proposal.objects.exists()


def test_what_the_rules_deny_is_told_with_code_gate_and_reason(governed: Governed, executive: Client) -> None:
    address = f"{NEW}?operation=files.delete"
    answer = executive.post(address, {"param-paths": "a.txt", "reason": "all", "idempotency_key": "k"})
    shown = seen(executive, answer["Location"])
    assert "Denied by the rules" in shown
    assert "<code>RBAC_DENIED</code>" in shown
    assert "<code>rbac</code>" in shown
    assert str(Proposal.objects.get().decision["reason"]) in shown
    assert not Job.objects.exists()


def test_the_same_again_begins_with_what_was_asked(governed: Governed, owner: Client) -> None:
    proposal = governed.waiting(paths=["x.txt"], reason="old stuff")
    shown = seen(owner, f"{NEW}?again={proposal.code}")
    assert "x.txt</textarea>" in shown
    assert "old stuff</textarea>" in shown


def test_without_a_runtime_it_says_to_enrol_one(governed: Governed, owner: Client) -> None:
    Runtime.objects.update(status=Runtime.Status.REVOKED)
    answer = owner.post(
        f"{NEW}?operation=files.list", {"param-path": ".", "param-limit": "5", "idempotency_key": "k"}, headers=HTMX
    )
    assert answer.status_code == 422
    assert "enrol one first" in answer.content.decode()


@pytest.mark.parametrize("query", ["?operation=no.such", "?again=00000000-0000-4000-8000-000000000000"])
def test_an_operation_that_is_not_there_is_404(governed: Governed, owner: Client, query: str) -> None:
    assert owner.get(NEW + query).status_code == 404


def test_an_institution_without_a_contract_is_told_so(db: None) -> None:
    home = institution_make()
    with institution_scope(home.pk):
        assert "No contract is in force" in seen(visitor(home, Role.OWNER), NEW)
