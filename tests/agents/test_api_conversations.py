"""The API of conversations."""

from uuid import uuid4

import pytest

from agents.models import Message, Thread
from agents.services import Notice, notices_post
from ledger.models import Entry
from opsportal.core.actor import SYSTEM
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution
from tests.api.callers import Caller, anonymous, caller_make, cost
from tests.institutions.factories import institution_make


def told(institution: Institution, *inboxes: str) -> list[Message]:
    """Let Vigia tell the people of each agent something; return the messages."""
    notices = [
        Notice(
            subject=f"Queue {number}",
            body=f"The queue {number} is stuck.",
            severity="high",
            from_agent="vigia",
            to_agent=inbox,
            inbox=inbox,
            subject_kind="matter",
            subject_id=f"m{number}",
            case=uuid4(),
            context={"measured": number},
        )
        for number, inbox in enumerate(inboxes)
    ]
    with institution_scope(institution.pk):
        notices_post(institution_id=institution.pk, notices=notices, actor=SYSTEM)
        return list(Message.objects.select_related("thread"))


@pytest.fixture
def seo(home: Institution) -> Caller:
    return caller_make(home, Role.SEO, username="Sílvia")


@pytest.fixture
def noc(home: Institution) -> Caller:
    return caller_make(home, Role.NOC)


@pytest.mark.spec("L04", "L09")
def test_the_inbox_holds_what_waits_for_my_roles(home: Institution, seo: Caller, noc: Caller) -> None:
    told(home, "A3", "A1")
    (row,) = seo.get("inbox").rows
    assert (row["inbox"], row["human_role_hint"], row["context"]) == ("A3", ["seo", "technician"], {"measured": 0})
    assert [row["inbox"] for row in noc.get("inbox").rows] == ["A1", "A3"]
    assert caller_make(home, Role.DEVOPS).get("inbox").rows == []


def test_the_inbox_needs_a_token_and_ops_view(home: Institution) -> None:
    assert anonymous("inbox").refusal == (401, "NOT_AUTHENTICATED", [])
    assert caller_make(home, Role.OWNER).get("inbox").refusal == (403, "RBAC_DENIED", [])


@pytest.mark.parametrize(
    ("query", "field"), [({"tab": "x"}, "tab"), ({"colour": "red"}, "colour"), ({"limit": "0"}, "limit")]
)
def test_a_wrong_question_is_named(seo: Caller, query: dict[str, str], field: str) -> None:
    assert seo.get("inbox", query).refusal == (422, "INVALID", [field])


@pytest.mark.spec("L07")
def test_an_acknowledged_message_moves_to_done_under_the_first_name(home: Institution, seo: Caller) -> None:
    (message,) = told(home, "A3")
    row = seo.post(f"messages/{message.code}/ack", {"note": "mine"}).json
    assert (row["acknowledged_by"], row["note"]) == ("Sílvia", "mine")
    other = caller_make(home, Role.TECHNICIAN).post(f"messages/{message.code}/ack")
    assert (other.status, other.json["acknowledged_by"]) == (200, "Sílvia")
    assert seo.get("inbox").rows == []
    assert [row["id"] for row in seo.get("inbox", {"tab": "done"}).rows] == [str(message.code)]


@pytest.mark.spec("L45")
def test_the_name_is_masked_for_noc(home: Institution, seo: Caller, noc: Caller) -> None:
    (message,) = told(home, "A3")
    seo.post(f"messages/{message.code}/ack")
    answer = noc.get("inbox", {"tab": "done"})
    assert answer.rows[0]["acknowledged_by"] not in {"", "Sílvia"}
    assert "lvia" not in answer.response.content.decode()


@pytest.mark.spec("L05", "L06")
def test_a_reply_is_stored_and_the_addressed_agent_answers(home: Institution, seo: Caller) -> None:
    (message,) = told(home, "A3")
    thread = f"threads/{message.thread.code}"
    said = seo.post(f"{thread}/reply", {"body": "What can you do?", "target_agent": "A3"})
    assert (said.status, said.json["body"], said.json["to_id"]) == (201, "What can you do?", "A3")
    bodies = [row["body"] for row in seo.get(f"{thread}/messages").rows]
    assert bodies[:2] == ["The queue 0 is stuck.", "What can you do?"]
    assert bodies[2].startswith("I am Carta")
    (listed,) = seo.get("threads").rows
    assert (listed["id"], listed["message_count"]) == (str(message.thread.code), 3)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["body"]),
        ({"body": " \n"}, ["body"]),
        ({"body": 5}, ["body"]),
        ({"body": "x" * 8001}, ["body"]),
        ({"body": "a\0b"}, ["body"]),
        ({"body": "x", "target_agent": "A9"}, ["target_agent"]),
        ({"body": "x", "colour": "red"}, ["colour"]),
        (["x"], ["non_field_errors"]),
    ],
)
def test_a_wrong_reply_is_named_and_nothing_is_stored(
    home: Institution, seo: Caller, body: object, fields: list[str]
) -> None:
    (message,) = told(home, "A3")
    assert seo.post(f"threads/{message.thread.code}/reply", body).refusal == (422, "INVALID", fields)
    with institution_scope(home.pk):
        assert Message.objects.count() == 1


@pytest.mark.spec("L42")
def test_noc_reads_and_writes_nothing(home: Institution, noc: Caller) -> None:
    (message,) = told(home, "A3")
    assert noc.post(f"threads/{message.thread.code}/reply", {"body": "x"}).refusal[:2] == (403, "RBAC_DENIED")
    assert noc.post(f"messages/{message.code}/ack").refusal[:2] == (403, "RBAC_DENIED")


@pytest.mark.parametrize("body", [{"question": "Who is there?"}, {"message": "Who is there?", "target_agent": "A1"}])
def test_a_question_is_answered_and_both_lines_stay(home: Institution, noc: Caller, body: dict[str, str]) -> None:
    answer = noc.post("chat", body).json
    assert (answer["model"], answer["kb_hits"]) == (None, [])
    assert "A6 Copiloto" in answer["answer"]
    assert len(noc.get(f"threads/{answer['thread_id']}/messages").rows) == 2
    with institution_scope(home.pk):
        entry = Entry.objects.get(kind="CHAT_ANSWERED")
        assert entry.actor == body.get("target_agent", "A6")
        assert str(entry.case) == str(Thread.objects.get().case)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "question"),
        ({"question": "?"}, "question"),
        ({"question": " a "}, "question"),
        ({"question": "x" * 4001}, "question"),
        ({"question": "hello", "message": "hello"}, "message"),
        ({"message": 1}, "message"),
        ({"question": "hello", "include_findings": "yes"}, "include_findings"),
        ({"question": "hello", "target_agent": "root"}, "target_agent"),
    ],
)
def test_a_wrong_question_opens_no_thread(home: Institution, noc: Caller, body: dict[str, object], field: str) -> None:
    assert noc.post("chat", body).refusal == (422, "INVALID", [field])
    with institution_scope(home.pk):
        assert not Thread.objects.exists()


def test_a_stream_of_events_cannot_be_had_yet(noc: Caller) -> None:
    answer = noc.post("chat", {"question": "Who is there?"}, Accept="text/event-stream")
    assert answer.refusal[:2] == (406, "NOT_ACCEPTABLE")


@pytest.mark.spec("V27")
def test_what_is_of_another_institution_is_not_there(home: Institution) -> None:
    away = institution_make("away")
    (message,) = told(away, "A3")
    caller = caller_make(home, Role.SUPER_ADMIN)
    assert caller.get("inbox").rows == caller.get("threads").rows == []
    thread = f"threads/{message.thread.code}"
    for answer in (
        caller.get(f"{thread}/messages"),
        caller.post(f"{thread}/reply", {"body": "x"}),
        caller.post(f"messages/{message.code}/ack"),
    ):
        assert answer.refusal == (404, "NOT_FOUND", [])
    with institution_scope(away.pk):
        assert Message.objects.get().acked_at is None


@pytest.mark.parametrize("address", ["inbox", "inbox?tab=done", "threads", "threads/{thread}/messages"])
def test_a_list_costs_the_same_whatever_its_size(home: Institution, seo: Caller, address: str) -> None:
    thread = told(home, "A3")[0].thread
    costs = []
    for more in (4, 12):
        for message in told(home, *["A3"] * more)[1::2]:
            seo.post(f"messages/{message.code}/ack")
            seo.post(f"threads/{thread.code}/reply", {"body": "Seen."})
        costs.append(cost(seo, address.format(thread=thread.code)))
    assert costs[0] == costs[1] <= 4
