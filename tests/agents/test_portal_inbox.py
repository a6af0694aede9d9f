"""The inbox page: wiring, queries, and what its buttons do."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents.models import Message, Thread
from agents.selectors import inbox_waiting
from findings.models import Finding
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution
from tests.institutions.factories import member_make
from tests.scenarios.factories import looked, scenarios_make, spec_make

Login = Callable[..., Client]


@pytest.fixture
def login(home: Institution) -> Login:
    def logged_in(*roles: Role) -> Client:
        client = Client(headers={"HX-Request": "true"})
        client.force_login(member_make(home, *roles).user)
        return client

    return logged_in


@pytest.fixture
def waiting(home: Institution) -> Message:
    spec = spec_make(owner="A3")
    scenarios_make(home, spec)
    looked(home.pk, (spec, "down"))
    with institution_scope(home.pk):
        return Message.objects.select_related("thread").get(requires_human=True)


@pytest.mark.spec("L04", "L40")
def test_seo_sees_what_waits_for_carta_and_devops_does_not(login: Login, waiting: Message) -> None:
    assert "The web.shop" in login(Role.SEO).get("/i/home/inbox/").content.decode()
    assert "Nothing waits for you" in login(Role.DEVOPS).get("/i/home/inbox/").content.decode()


@pytest.mark.spec("L09", "L40", "L47")
def test_a_thread_opens_with_its_evidence_beside_it(login: Login, waiting: Message) -> None:
    page = login(Role.SEO).get(f"/i/home/threads/{waiting.thread.code}/").content.decode()
    assert "What to do" in page
    assert "503" in page


@pytest.mark.spec("L07", "L40")
def test_ack_acknowledges_the_finding_and_undo_takes_it_back(home: Institution, login: Login, waiting: Message) -> None:
    client = login(Role.SEO)
    answer = client.post(f"/i/home/messages/{waiting.code}/ack").content.decode()
    assert f"/i/home/messages/{waiting.code}/undo?of=ack" in answer
    with institution_scope(home.pk):
        assert (Finding.objects.get().status, inbox_waiting(["A3"])) == ("acked", 0)
    assert "The web.shop" in client.get("/i/home/inbox/?tab=done").content.decode()
    undone = client.post(f"/i/home/messages/{waiting.code}/undo?of=ack")
    assert (undone.headers["HX-Reswap"], undone.headers["HX-Trigger"]) == ("none", "inbox-changed")
    with institution_scope(home.pk):
        assert (Finding.objects.get().status, inbox_waiting(["A3"])) == ("open", 1)


def test_archive_leaves_the_finding_as_it_is(home: Institution, login: Login, waiting: Message) -> None:
    client = login(Role.SEO)
    client.post(f"/i/home/messages/{waiting.code}/archive")
    with institution_scope(home.pk):
        assert (Finding.objects.get().status, inbox_waiting(["A3"])) == ("open", 0)
    client.post(f"/i/home/messages/{waiting.code}/undo?of=archive")
    with institution_scope(home.pk):
        assert inbox_waiting(["A3"]) == 1


def test_selected_messages_are_dealt_with_together(home: Institution, login: Login) -> None:
    specs = [spec_make(f"s.n{number}", owner="A3") for number in range(3)]
    scenarios_make(home, *specs)
    looked(home.pk, *((spec, "down") for spec in specs))
    with institution_scope(home.pk):
        codes = [str(code) for code in Message.objects.values_list("code", flat=True)[:2]]
    client = login(Role.SEO)
    assert client.post("/i/home/inbox/bulk", {"selected": codes, "verb": "ack"}).status_code == 200
    with institution_scope(home.pk):
        assert Finding.objects.filter(status="acked").count() == 2
    assert client.post("/i/home/inbox/bulk", {"verb": "ack"}).status_code == 422


@pytest.mark.spec("L06")
def test_a_reply_reaches_the_thread_and_the_agent_answers(home: Institution, login: Login, waiting: Message) -> None:
    address = f"/i/home/threads/{waiting.thread.code}/reply"
    answer = login(Role.SEO).post(address, {"body": "status?", "target_agent": "A3"}).content.decode()
    assert "status?" in answer
    assert "A3 Carta" in answer
    assert login(Role.SEO, Role.DEVOPS).post(address, {"body": " "}).status_code == 422


@pytest.mark.parametrize("role", [Role.NOC, Role.AUDITOR])
def test_readers_see_everything_and_change_nothing(login: Login, waiting: Message, role: Role) -> None:
    client = login(role)
    page = client.get("/i/home/inbox/").content.decode()
    assert "The web.shop" in page
    assert 'data-act="ack"' not in page
    assert client.post(f"/i/home/messages/{waiting.code}/ack").status_code == 403


def test_a_foreign_thread_is_not_there(login: Login, waiting: Message) -> None:
    other = Institution.objects.create(slug="other", name="Other")
    with institution_scope(other.pk):
        foreign = Thread.objects.create(institution=other, subject="x", primary_agent="A1", case=waiting.code)
    assert login(Role.SUPER_ADMIN).get(f"/i/home/threads/{foreign.code}/").status_code == 404


@pytest.mark.parametrize("count", [3, 40])
def test_the_page_costs_the_same_queries_whatever_its_length(home: Institution, login: Login, count: int) -> None:
    specs = [spec_make(f"s.n{number}", owner="A3") for number in range(count)]
    scenarios_make(home, *specs)
    looked(home.pk, *((spec, "down") for spec in specs))
    client = login(Role.SEO)
    with CaptureQueriesContext(connection) as queries:
        client.get("/i/home/inbox/")
    assert len(queries) <= 6, [query["sql"][:120] for query in queries]
