"""Threads, messages, inboxes and answers."""

from uuid import uuid4

import pytest

from agents.models import InboxCount, Message, Thread
from agents.selectors import inbox_page, inbox_waiting, thread_messages
from agents.services import Notice, chat_ask, message_ack, message_restore, notices_post, thread_reply
from ledger.models import Entry
from ledger.services import unit
from opsportal.core.actor import SYSTEM, Actor
from opsportal.core.errors import InvalidError, RefusedError
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution
from tests.institutions.factories import actor_make


def notice(inbox: str = "A3", *, number: int = 1) -> Notice:
    return Notice(
        subject=f"Queue {number}",
        body=f"The queue {number} is stuck.",
        severity="high",
        from_agent="vigia",
        to_agent=inbox,
        inbox=inbox,
        subject_kind="finding",
        subject_id=f"f{number}",
        case=uuid4(),
        context={"finding": f"f{number}"},
    )


def post(home: Institution, *notices: Notice) -> None:
    with institution_scope(home.pk), unit(home.pk, SYSTEM):
        notices_post(institution_id=home.pk, notices=notices, actor=SYSTEM)


def kinds(home: Institution) -> list[str]:
    return list(Entry.objects.order_by("seq").values_list("kind", flat=True))


@pytest.mark.spec("L04", "L09")
def test_the_inbox_holds_what_waits_newest_first_with_its_context(home: Institution) -> None:
    post(home, notice("A3", number=1), notice("A1", number=2), notice("A3", number=3))
    with institution_scope(home.pk):
        assert [message.body for message in inbox_page(["A3"]).items] == [
            "The queue 3 is stuck.",
            "The queue 1 is stuck.",
        ]
        assert len(inbox_page(["A1", "A3"]).items) == 3
        assert inbox_page([]).items == []
        assert inbox_page(["A3"]).items[0].context == {"finding": "f3"}
        assert inbox_waiting(["A1", "A3"]) == 3


def test_a_page_goes_on_where_the_last_one_ended(home: Institution) -> None:
    post(home, *(notice("A3", number=number) for number in range(7)))
    with institution_scope(home.pk):
        first = inbox_page(["A1", "A3"], size=3)
        rest = inbox_page(["A1", "A3"], cursor=first.next or "", size=10)
        back = inbox_page(["A1", "A3"], cursor=rest.previous or "", size=3)
        assert (len(first.items), first.previous, rest.next) == (3, None, None)
        assert back.items == first.items
        assert [m.pk for m in [*first.items, *rest.items]] == sorted(
            (m.pk for m in Message.objects.all()), reverse=True
        )


@pytest.mark.spec("L07")
def test_ack_archives_under_a_name_and_a_second_is_harmless(home: Institution, operator: Actor) -> None:
    post(home, notice())
    with institution_scope(home.pk):
        (waiting,) = inbox_page(["A3"]).items
        message_ack(message=waiting, actor=operator, note="seen")
        again = message_ack(message=waiting, actor=actor_make(home, Role.TECHNICIAN))
        assert str(again.acked_by.code) == operator.id  # type: ignore[union-attr]  # acked above
        assert (inbox_page(["A3"]).items, inbox_waiting(["A3"])) == ([], 0)
        assert kinds(home).count("MESSAGE_ACKED") == 1
        assert InboxCount.objects.get(inbox="A3").waiting == 0


def test_what_never_waited_cannot_be_acked(home: Institution, operator: Actor) -> None:
    with institution_scope(home.pk):
        reply = chat_ask(institution_id=home.pk, question="who is there", actor=operator)
        with pytest.raises(InvalidError):
            message_ack(message=reply, actor=operator)


@pytest.mark.spec("L06", "L08")
def test_the_addressed_agent_answers_in_the_thread_and_maestro_delegates(home: Institution, operator: Actor) -> None:
    post(home, notice("A3"))
    with institution_scope(home.pk):
        thread = Thread.objects.get()
        reply = thread_reply(thread=thread, body="what can you do?", actor=operator, target_agent="A3")
        assert (reply.from_type, reply.from_id, reply.to_id) == ("human", operator.id, "A3")
        last = thread_messages(thread).last()
        assert last is not None
        assert (last.from_id, last.body.startswith("I am Carta")) == ("A3", True)
        thread_reply(thread=thread, body="help", actor=operator, target_agent="A0")
        said = [(m.from_id, m.to_id) for m in thread_messages(thread)]
        assert said[-2:] == [("A0", "A3"), ("A3", "")]
        assert "stuck" not in "".join(Entry.objects.values_list("body", flat=True))


@pytest.mark.parametrize(
    ("body", "agent", "field"), [("", "", "body"), ("x" * 8001, "", "body"), ("hi", "A99", "target_agent")]
)
def test_a_bad_reply_names_the_field_and_writes_nothing(
    home: Institution, operator: Actor, body: str, agent: str, field: str
) -> None:
    post(home, notice("A3"))
    with institution_scope(home.pk):
        before = (Message.objects.count(), Entry.objects.count())
        with pytest.raises(InvalidError) as refusal:
            thread_reply(thread=Thread.objects.get(), body=body, actor=operator, target_agent=agent)
        assert set(refusal.value.errors) == {field}
        assert (Message.objects.count(), Entry.objects.count()) == before


@pytest.mark.spec("L30")
def test_a_question_is_answered_without_a_model_and_an_unknown_one_says_so(home: Institution, operator: Actor) -> None:
    with institution_scope(home.pk):
        assert "A6 Copiloto" in chat_ask(institution_id=home.pk, question="Who is there?", actor=operator).body
        assert "did not understand" in chat_ask(institution_id=home.pk, question="Sing a song", actor=operator).body


@pytest.mark.parametrize("role", [Role.NOC, Role.AUDITOR, Role.OWNER])
def test_who_may_not_write_is_refused_by_every_verb(home: Institution, operator: Actor, role: Role) -> None:
    post(home, notice("A3"))
    stranger = actor_make(home, role)
    with institution_scope(home.pk):
        message = Message.objects.get()
        before = Entry.objects.count()
        with pytest.raises(RefusedError):
            message_ack(message=message, actor=stranger)
        with pytest.raises(RefusedError):
            message_restore(message=message, actor=stranger)
        with pytest.raises(RefusedError):
            thread_reply(thread=message.thread, body="hi", actor=stranger)
        assert Entry.objects.count() == before
