"""What people and agents say: open a thread, post, reply, acknowledge, ask."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from django.db.models import F, QuerySet
from django.utils import timezone

from agents import handlers
from agents.models import InboxCount, Message, Party, Severity, Thread
from agents.profile import Agent
from agents.roster import agent
from agents.selectors import messages_waiting_about
from ledger.kinds import Kind
from ledger.services import entry_record, unit
from opsportal.core.actor import Actor, ActorKind
from opsportal.core.errors import ConflictError, InvalidError, NotFoundError
from opsportal.institutions.access import Permission, require
from opsportal.institutions.models import User

BODY_MAX = 8000
QUESTION_MIN, QUESTION_MAX = 2, 4000
NOTE_MAX = 500
SENTINEL = "vigia"
ORCHESTRATOR = "A0"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something an agent has to tell people, or another agent, about one subject."""

    subject: str
    body: str
    severity: str
    from_agent: str
    to_agent: str
    subject_kind: str
    subject_id: str
    case: UUID
    inbox: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    thread_code: UUID | None = None
    code: UUID = field(default_factory=uuid4)


def notices_post(*, institution_id: UUID, notices: Sequence[Notice], actor: Actor) -> dict[str, UUID]:
    """Post many notices in a constant number of queries; return the thread code per subject id.

    A notice with ``inbox`` waits there for a person. Threads are opened for subjects that have none.
    The caller's own entries (a finding opened) record what happened; the notices ride with them.
    """
    with unit(institution_id, actor):
        threads = _threads_for(institution_id, notices)
        Message.objects.bulk_create(
            Message(
                code=notice.code,
                institution_id=institution_id,
                thread=threads[notice.subject_id],
                from_type=Party.AGENT,
                from_id=notice.from_agent,
                to_type=Party.AGENT,
                to_id=notice.to_agent,
                body=notice.body[:BODY_MAX],
                context=dict(notice.context),
                severity=notice.severity,
                requires_human=bool(notice.inbox),
                inbox=notice.inbox,
            )
            for notice in notices
        )
        _inbox_count_add(institution_id, Counter(notice.inbox for notice in notices if notice.inbox))
    return {subject_id: thread.code for subject_id, thread in threads.items()}


def _threads_for(institution_id: UUID, notices: Sequence[Notice]) -> dict[str, Thread]:
    codes = [notice.thread_code for notice in notices if notice.thread_code]
    threads = {thread.subject_id: thread for thread in Thread.objects.filter(code__in=codes)} if codes else {}
    fresh = {
        notice.subject_id: Thread(
            institution_id=institution_id,
            subject=notice.subject[:200],
            severity=notice.severity,
            primary_agent=notice.to_agent,
            subject_kind=notice.subject_kind,
            subject_id=notice.subject_id,
            case=notice.case,
        )
        for notice in notices
        if notice.subject_id not in threads
    }
    return threads | {thread.subject_id: thread for thread in Thread.objects.bulk_create(fresh.values())}


def _inbox_count_add(institution_id: UUID, amounts: Mapping[str, int]) -> None:
    """Change the counters of waiting messages, inboxes in order so that two writers cannot deadlock."""
    for inbox, amount in sorted(amounts.items()):
        changed = InboxCount.objects.filter(inbox=inbox).update(waiting=F("waiting") + amount)
        if not changed:
            InboxCount.objects.get_or_create(institution_id=institution_id, inbox=inbox)
            InboxCount.objects.filter(inbox=inbox).update(waiting=F("waiting") + amount)


def thread_open(
    *, institution_id: UUID, subject: str, primary_agent: Agent, actor: Actor, severity: str = Severity.INFO
) -> Thread:
    """Open a conversation with ``primary_agent`` that is not about anything else; return the thread."""
    with unit(institution_id, actor):
        thread = Thread.objects.create(
            institution_id=institution_id,
            subject=subject[:200],
            severity=severity,
            primary_agent=primary_agent.id,
            case=uuid4(),
        )
        entry_record(
            kind=Kind.THREAD_OPENED,
            subject=thread,
            actor=actor,
            case=thread.case,
            data={"agent": primary_agent.id, "severity": severity},
        )
    return thread


def message_post(
    *,
    thread: Thread,
    from_type: Party,
    from_id: str,
    to: Agent | None,
    body: str,
    actor: Actor,
    context: Mapping[str, Any] | None = None,
) -> Message:
    """Write one message into ``thread``; return it. The text itself enters the ledger by commitment only."""
    with unit(thread.institution_id, actor):
        message = Message.objects.create(
            institution_id=thread.institution_id,
            thread=thread,
            from_type=from_type,
            from_id=from_id,
            to_type=Party.AGENT if to else Party.HUMAN,
            to_id=to.id if to else "",
            body=body,
            context=dict(context or {}),
        )
        Thread.objects.filter(pk=thread.pk).update(updated_at=timezone.now())
        entry_record(
            kind=Kind.MESSAGE_POSTED,
            subject=message,
            actor=actor,
            case=thread.case,
            data={
                "thread": str(thread.code),
                "sender": from_type,
                "to": message.to_id or None,
                "severity": message.severity,
                "requires_human": message.requires_human,
            },
            private={"body": body},
        )
    return message


def thread_reply(*, thread: Thread, body: str, actor: Actor, target_agent: str = "") -> Message:
    """Store a person's reply; the addressed agent answers in the same thread. Return the reply.

    Raises RefusedError without ``ops.write``, InvalidError naming ``body`` (empty or over 8,000 characters)
    or ``target_agent`` (not in the roster), ConflictError when the thread is closed.
    """
    require(actor, Permission.OPS_WRITE)
    text = _text_checked(body, field="body", minimum=1, maximum=BODY_MAX)
    target = _agent_checked(target_agent) if target_agent else None
    if thread.status == Thread.Status.CLOSED:
        raise ConflictError("This thread is closed.")
    with unit(thread.institution_id, actor):
        message = message_post(
            thread=thread, from_type=Party.HUMAN, from_id=actor.id, to=target, body=text, actor=actor
        )
        if target is not None:
            _agent_answers(thread=thread, text=text, target=target, include_findings=True)
    return message


def chat_ask(
    *, institution_id: UUID, question: str, actor: Actor, target_agent: str = "A6", include_findings: bool = True
) -> Message:
    """Ask an agent in a new thread; return its answer (deterministic text; no model is asked).

    Raises RefusedError without ``ops.read``, InvalidError naming ``question`` (2 to 4,000 characters) or
    ``target_agent``.
    """
    require(actor, Permission.OPS_READ)
    text = _text_checked(question, field="question", minimum=QUESTION_MIN, maximum=QUESTION_MAX)
    target = _agent_checked(target_agent)
    with unit(institution_id, actor):
        thread = thread_open(institution_id=institution_id, subject=text, primary_agent=target, actor=actor)
        message_post(thread=thread, from_type=Party.HUMAN, from_id=actor.id, to=target, body=text, actor=actor)
        answer = _agent_answers(thread=thread, text=text, target=target, include_findings=include_findings)
        entry_record(
            kind=Kind.CHAT_ANSWERED,
            subject=answer,
            actor=_as_actor(thread, answer.from_id),
            case=thread.case,
            data={"thread": thread.code, "agent": answer.from_id, "tier": "t0", "model": None},
        )
    return answer


def _agent_answers(*, thread: Thread, text: str, target: Agent, include_findings: bool) -> Message:
    """Let ``target`` answer; Maestro asks the agent whose thread it is, and both lines stay visible."""
    speaker = target
    if target.id == ORCHESTRATOR and thread.primary_agent not in {ORCHESTRATOR, ""}:
        speaker = agent(thread.primary_agent)
        _say(thread, target, to=speaker, reply=handlers.Answer(f"{speaker.name}, this one is yours: please report."))
    question = handlers.Question(
        institution_id=thread.institution_id,
        text=text,
        agent=speaker,
        thread=thread,
        include_findings=include_findings,
    )
    return _say(thread, speaker, to=None, reply=handlers.answer(question))


def _say(thread: Thread, speaker: Agent, *, to: Agent | None, reply: handlers.Answer) -> Message:
    return message_post(
        thread=thread,
        from_type=Party.AGENT,
        from_id=speaker.id,
        to=to,
        body=reply.body[:BODY_MAX],
        context=reply.context,
        actor=_as_actor(thread, speaker.id),
    )


def _as_actor(thread: Thread, agent_id: str) -> Actor:
    return Actor(kind=ActorKind.AGENT, id=agent_id, institution_id=thread.institution_id)


def message_ack(*, message: Message, actor: Actor, note: str = "") -> Message:
    """Archive an inbox item under the actor's name; return it. Repeating it changes and writes nothing.

    Raises RefusedError without ``ops.write``, InvalidError when the message never waited for a person or
    the note is over 500 characters.
    """
    require(actor, Permission.OPS_WRITE)
    if not message.requires_human:
        raise InvalidError("This message does not wait for anybody.", errors={"message": ["It is not an inbox item."]})
    note = note_checked(note)
    with unit(message.institution_id, actor):
        for done in _taken_out(Message.objects.filter(pk=message.pk), message.institution_id, actor, note):
            entry_record(
                kind=Kind.MESSAGE_ACKED,
                subject=done,
                actor=actor,
                case=done.thread.case,
                data={"thread": str(done.thread.code), "inbox": done.inbox},
                private={"note": note} if note else None,
            )
    message.refresh_from_db()
    return message


def message_restore(*, message: Message, actor: Actor) -> Message:
    """Let an archived message wait again; return it. Restoring one that waits changes nothing.

    Raises RefusedError without ``ops.write``.
    """
    require(actor, Permission.OPS_WRITE)
    with unit(message.institution_id, actor):
        if _put_back(message):
            entry_record(
                kind=Kind.MESSAGE_RESTORED,
                subject=message,
                actor=actor,
                case=message.thread.case,
                data={"thread": str(message.thread.code), "inbox": message.inbox},
            )
    message.refresh_from_db()
    return message


def subject_messages_done(
    *, subject_kind: str, subject_ids: Sequence[str], institution_id: UUID, actor: Actor, note: str = ""
) -> int:
    """Take what waits about the subjects out of the inboxes; return how many messages it was.

    For callers whose own entry says why: a finding was acknowledged or has resolved.
    """
    with unit(institution_id, actor):
        return len(_taken_out(messages_waiting_about(subject_kind, subject_ids), institution_id, actor, note))


def subject_messages_restored(*, subject_kind: str, subject_id: str, institution_id: UUID, actor: Actor) -> int:
    """Let the last message about the subject wait again; return how many messages that was (0 or 1).

    For callers whose own entry says why: an acknowledgement was taken back.
    """
    with unit(institution_id, actor):
        rows = Message.objects.filter(thread__subject_kind=subject_kind, thread__subject_id=subject_id)
        last = rows.filter(requires_human=True, acked_at__isnull=False).order_by("-pk").first()
        return int(last is not None and _put_back(last))


def _put_back(message: Message) -> bool:
    done = Message.objects.filter(pk=message.pk, requires_human=True, acked_at__isnull=False)
    changed = done.update(acked_at=None, acked_by=None, ack_note="")
    if changed:
        _inbox_count_add(message.institution_id, {message.inbox: 1})
    return bool(changed)


def _taken_out(messages: QuerySet[Message], institution_id: UUID, actor: Actor, note: str) -> list[Message]:
    """Mark those that still wait as done, under the actor's name, and count them down."""
    waiting = messages.filter(acked_at__isnull=True).select_for_update(of=("self",)).order_by("pk")
    done = list(waiting.select_related("thread"))
    if done:
        person = User.objects.filter(code=actor.id).first() if actor.kind == ActorKind.HUMAN else None
        keys = [message.pk for message in done]
        Message.objects.filter(pk__in=keys).update(acked_at=timezone.now(), acked_by=person, ack_note=note)
        counts = Counter(message.inbox for message in done)
        _inbox_count_add(institution_id, {inbox: -count for inbox, count in counts.items()})
    return done


def note_checked(note: str) -> str:
    """Return the trimmed note; raise InvalidError over 500 characters."""
    note = note.strip()
    if len(note) > NOTE_MAX:
        raise InvalidError("The note is too long.", errors={"note": [f"At most {NOTE_MAX} characters."]})
    return note


def _text_checked(text: str, *, field: str, minimum: int, maximum: int) -> str:
    text = text.strip()
    if not minimum <= len(text) <= maximum:
        raise InvalidError(
            f"{field} is too short or too long.", errors={field: [f"{minimum} to {maximum} characters."]}
        )
    return text


def _agent_checked(agent_id: str) -> Agent:
    try:
        return agent(agent_id)
    except NotFoundError:
        raise InvalidError(
            "There is no such agent.", errors={"target_agent": [f"{agent_id} is not in the roster."]}
        ) from None
