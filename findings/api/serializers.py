"""What the API of findings takes and gives."""

from django.utils.translation import gettext as _
from rest_framework import serializers

from agents.chronicle import Line, actor_name
from agents.models import Severity
from agents.roster import roster
from agents.services import NOTE_MAX
from findings.actions import Action
from findings.models import Finding
from ledger.kinds import Kind
from opsportal.core.serializers import Strict, Text
from opsportal.core.words import spoken
from opsportal.institutions.personal_field import PersonalField
from scenarios.models import ProbeState


class FindingOut(serializers.Serializer[Finding]):
    """Something that is wrong, however often it was seen."""

    id = serializers.UUIDField(source="code")
    scenario_id = serializers.CharField(source="scenario.name")
    check = serializers.CharField(source="check_name")
    title = serializers.CharField()
    severity = serializers.ChoiceField(choices=Severity.choices)
    status = serializers.ChoiceField(choices=Finding.Status.choices)
    state = serializers.ChoiceField(choices=ProbeState.choices)
    reason = serializers.CharField()
    cause = serializers.CharField(help_text="The scenario to blame, when a parent is dead.")
    owner_agent = serializers.CharField()
    evidence = serializers.DictField(help_text="What was measured, what was expected, and when.")
    human_action = serializers.SerializerMethodField(help_text="What to do, in the language of the request.")
    count = serializers.IntegerField(help_text="Failing looks since it opened.")
    affected_count = serializers.IntegerField(help_text="Scenarios that cannot be seen because of it.")
    opened_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    reopen_count = serializers.IntegerField()
    acknowledged_at = serializers.DateTimeField(source="acked_at", allow_null=True)
    acknowledged_by = PersonalField(source="acked_by", allow_null=True)
    note = serializers.CharField(source="ack_note")
    thread_id = serializers.UUIDField(source="thread_code", allow_null=True, help_text="Where people talk about it.")
    fingerprint = serializers.CharField(help_text="What makes two sightings the same finding.")

    def get_human_action(self, finding: Finding) -> str:
        """Return what to do in the reader's language."""
        return spoken(finding.human_action)


class FindingDetailOut(FindingOut):
    """A finding, with the runbook of its scenario."""

    runbook = serializers.SerializerMethodField(help_text="Markdown.")

    def get_runbook(self, finding: Finding) -> str:
        """Return the runbook, from the context."""
        return str(self.context["runbook"])


class FindingsQuery(Strict):
    """Which findings; what is left out does not restrict."""

    severity = serializers.MultipleChoiceField(choices=Severity.choices, required=False)
    status = serializers.MultipleChoiceField(choices=Finding.Status.choices, required=False)
    owner = serializers.ChoiceField(choices=[who.id for who in roster()], required=False, default="")
    scenario = Text(visible=1, required=False, default="", max_length=80)


class AckIn(Strict):
    """A word on why."""

    note = Text(required=False, default="", max_length=NOTE_MAX)


class ActionsQuery(Strict):
    """Which actions; what is left out does not restrict."""

    kind = serializers.MultipleChoiceField(choices=[kind.value for kind in Kind], required=False)


class ActionOut(serializers.Serializer[Action]):
    """One thing that was done. A run of a round has no ledger entry of its own: that of its round proves it."""

    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=[kind.value for kind in Kind])
    actor_kind = serializers.CharField(help_text="human, agent, runtime, schedule or system.")
    actor_id = serializers.CharField()
    actor_name = serializers.SerializerMethodField()
    sentence = serializers.SerializerMethodField(help_text="What was done, to stand after the name.")
    subject = serializers.CharField(help_text="<noun>:<id>")
    case = serializers.UUIDField(allow_null=True)
    seq = serializers.IntegerField(allow_null=True, help_text="The ledger entry that says so.")
    data = serializers.DictField()  # type: ignore[assignment]  # a field, not the attribute

    def get_actor_name(self, action: Action) -> str:
        """Return who it was to people."""
        line = self._line(action)
        return line.actor if line else actor_name(action.actor_id, action.actor_kind, {})

    def get_sentence(self, action: Action) -> str:
        """Return what was done, in the reader's language."""
        line = self._line(action)
        if line:
            return line.sentence
        state = ProbeState(action.data["state"]).label.lower()
        return _("looked at %(scenario)s: %(state)s") % {"scenario": action.data["scenario"], "state": state}

    def _line(self, action: Action) -> Line | None:
        lines: dict[int | None, Line] = self.context["lines"]
        return lines.get(action.seq)
