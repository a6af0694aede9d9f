"""What the API of conversations takes and gives."""

from typing import Any

from rest_framework import serializers

from agents.models import Message, Party, Severity, Thread
from agents.roster import CHAT_DEFAULT, agent, roster
from agents.services import BODY_MAX, NOTE_MAX, QUESTION_MAX, QUESTION_MIN
from opsportal.core.serializers import Flag, Strict, Text
from opsportal.institutions.personal_field import PersonalField

AGENT_IDS = [who.id for who in roster()]


class ThreadOut(serializers.Serializer[Thread]):
    """A conversation about one matter."""

    id = serializers.UUIDField(source="code")
    subject = serializers.CharField()
    severity = serializers.ChoiceField(choices=Severity.choices)
    status = serializers.ChoiceField(choices=Thread.Status.choices)
    primary_agent = serializers.CharField()
    subject_kind = serializers.CharField(help_text="What it is about, such as finding; empty: nothing else.")
    subject_id = serializers.CharField()
    case = serializers.UUIDField(help_text="Follows the matter through the ledger.")
    message_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class MessageOut(serializers.Serializer[Message]):
    """One message; with ``requires_human`` it waits in an inbox until somebody acknowledges it."""

    id = serializers.UUIDField(source="code")
    thread_id = serializers.UUIDField(source="thread.code")
    subject = serializers.CharField(source="thread.subject")
    from_type = serializers.ChoiceField(choices=Party.choices)
    from_id = serializers.CharField(help_text="The roster id of an agent, the opaque id of a person.")
    to_type = serializers.ChoiceField(choices=Party.choices)
    to_id = serializers.CharField()
    body = serializers.CharField()
    context = serializers.DictField(help_text="The evidence.")  # type: ignore[assignment]  # a field
    severity = serializers.ChoiceField(choices=Severity.choices)
    requires_human = serializers.BooleanField()
    inbox = serializers.CharField(help_text="The agent whose people it waits for.")
    human_role_hint = serializers.SerializerMethodField(help_text="The roles of those people.")
    acknowledged_at = serializers.DateTimeField(source="acked_at", allow_null=True)
    acknowledged_by = PersonalField(source="acked_by", allow_null=True)
    note = serializers.CharField(source="ack_note")
    created_at = serializers.DateTimeField()

    def get_human_role_hint(self, message: Message) -> list[str]:
        """Return the roles whose people the message waits for."""
        return list(agent(message.inbox).inbox) if message.inbox else []


class InboxQuery(Strict):
    """Which messages of the inbox."""

    tab = serializers.ChoiceField(choices=["waiting", "done"], default="waiting")
    q = Text(visible=1, required=False, default="", max_length=200, help_text="Words that the body contains.")


class ReplyIn(Strict):
    """What a person says."""

    body = Text(visible=1, max_length=BODY_MAX)
    target_agent = serializers.ChoiceField(choices=AGENT_IDS, required=False, default="", help_text="Who answers.")


class NoteIn(Strict):
    """A word on why."""

    note = Text(required=False, default="", max_length=NOTE_MAX)


class QuestionIn(Strict):
    """A question to an agent."""

    question = Text(visible=QUESTION_MIN, max_length=QUESTION_MAX)
    include_findings = Flag(required=False, default=True)
    target_agent = serializers.ChoiceField(choices=AGENT_IDS, required=False, default=CHAT_DEFAULT)


class QuestionAsMessageIn(Strict):
    """The same, with the question called message."""

    message = Text(visible=QUESTION_MIN, max_length=QUESTION_MAX, source="question")
    include_findings = Flag(required=False, default=True)
    target_agent = serializers.ChoiceField(choices=AGENT_IDS, required=False, default=CHAT_DEFAULT)


class AnswerOut(serializers.Serializer[Any]):
    """What the agent said."""

    answer = serializers.CharField()
    model = serializers.CharField(allow_null=True, help_text="null: no model was asked.")
    kb_hits = serializers.ListField(child=serializers.DictField(), help_text="Sections of the knowledge it rests on.")
    thread_id = serializers.UUIDField()
