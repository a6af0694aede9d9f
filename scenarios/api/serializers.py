"""What the API of scenarios takes and gives."""

from typing import Any

from rest_framework import serializers

from agents.models import Severity
from agents.profile import Action, Agent, Risk
from scenarios.models import Heartbeat, ProbeState, Run
from scenarios.probes.base import CheckSpec, Condition
from scenarios.services import RunSummary
from scenarios.standings import Standing


class HealthOut(serializers.Serializer[Any]):
    """Whether the portal is at work. Tells strangers nothing about what it watches."""

    status = serializers.ChoiceField(
        choices=["ok", "starting", "degraded"], help_text="starting: no round yet; degraded: the next one is overdue."
    )
    tier = serializers.ChoiceField(choices=["t0", "t1"], help_text="t0: rules only, no model is asked.")
    ollama = serializers.BooleanField(help_text="Whether the model's server answered when it was last looked at.")
    model = serializers.CharField(allow_null=True, help_text="The model that answers; null: none.")
    embed_model = serializers.CharField(allow_null=True, help_text="The model that indexes knowledge; null: none.")
    last_tick_at = serializers.DateTimeField(allow_null=True, help_text="When the last round ended.")


class AgentActionOut(serializers.Serializer[Action]):
    """Something an agent does. With approvers it can only be proposed."""

    name = serializers.CharField()
    title = serializers.CharField()
    risk = serializers.ChoiceField(choices=[risk.value for risk in Risk])
    approvers = serializers.ListField(child=serializers.CharField(), help_text="One of these roles must agree.")
    votes_needed = serializers.IntegerField(source="risk.votes_needed")
    is_automatic = serializers.BooleanField()


class AgentOut(serializers.Serializer[Agent]):
    """One agent of the roster."""

    id = serializers.CharField()
    codename = serializers.CharField()
    name = serializers.CharField()
    role = serializers.CharField()
    inbox = serializers.ListField(child=serializers.CharField(), help_text="The roles whose people it writes to.")
    reads = serializers.ListField(child=serializers.CharField())
    actions = AgentActionOut(many=True)
    proposes_only = serializers.BooleanField()
    scenarios = serializers.SerializerMethodField(help_text="What it owns here.")

    def get_scenarios(self, agent: Agent) -> list[str]:
        """Return the ids of the scenarios that the agent owns, from the context."""
        owned: dict[str, list[str]] = self.context["scenarios"]
        return owned.get(agent.id, [])


class ScenarioOut(serializers.Serializer[Standing]):
    """What is watched, and how it stands."""

    id = serializers.CharField(source="scenario.name")
    title = serializers.CharField()
    owner_agent = serializers.CharField(source="spec.owner", default=None, allow_null=True)
    severity = serializers.ChoiceField(choices=Severity.choices, source="spec.severity", default=None, allow_null=True)
    status = serializers.ChoiceField(choices=ProbeState.choices, source="scenario.state")
    since = serializers.DateTimeField(source="scenario.state_since", allow_null=True)
    reason = serializers.CharField(source="scenario.reason")
    cause = serializers.CharField(source="scenario.cause", help_text="The scenario to blame, when a parent is dead.")
    last_run_at = serializers.DateTimeField(source="scenario.last_run_at", allow_null=True)
    next_due_at = serializers.DateTimeField(source="scenario.next_due_at", allow_null=True)
    interval_seconds = serializers.IntegerField()
    is_enabled = serializers.BooleanField(source="scenario.is_enabled")
    depends_on = serializers.ListField(child=serializers.CharField(), source="spec.depends_on", default=[])
    missing = serializers.ListField(
        child=serializers.CharField(), source="spec.missing", default=[], help_text="Settings that it needs; not set."
    )


class ConditionOut(serializers.Serializer[Condition]):
    """``measure op value`` must hold."""

    measure = serializers.CharField()
    op = serializers.CharField()
    value = serializers.JSONField()
    otherwise = serializers.ChoiceField(choices=ProbeState.choices)


class CheckOut(serializers.Serializer[CheckSpec]):
    """One look of a scenario. Its parameters may hold credentials and are not told."""

    name = serializers.CharField()
    kind = serializers.CharField()
    timeout_seconds = serializers.FloatField()
    conditions = ConditionOut(many=True)


class HeartbeatOut(serializers.Serializer[Heartbeat]):
    """A call that is awaited."""

    name = serializers.CharField()
    last_ping_at = serializers.DateTimeField(allow_null=True)
    url = serializers.SerializerMethodField(help_text="Where to call; a secret: null for those who only read.")

    def get_url(self, heartbeat: Heartbeat) -> str | None:
        """Return the address to call, when the context allows it."""
        base: str | None = self.context["ping_base"]
        return f"{base}{heartbeat.code}" if base else None


class ScenarioDetailOut(ScenarioOut):
    """A scenario with all that the registry says of it."""

    down_after = serializers.IntegerField(source="spec.down_after", default=None, allow_null=True)
    up_after = serializers.IntegerField(source="spec.up_after", default=None, allow_null=True)
    checks = CheckOut(many=True, source="spec.checks", default=[])
    human_action = serializers.CharField(source="what_to_do")
    runbook = serializers.CharField(source="spec.runbook", default="", help_text="Markdown.")
    heartbeats = serializers.SerializerMethodField()

    def get_heartbeats(self, standing: Standing) -> list[dict[str, Any]]:
        """Return the calls that its checks await, from the context."""
        rows: Any = HeartbeatOut(self.context["heartbeats"], many=True, context=self.context).data
        return list(rows)


class LookOut(serializers.Serializer[Any]):
    """What one check saw."""

    check = serializers.CharField()
    state = serializers.ChoiceField(choices=ProbeState.choices)
    reason = serializers.CharField()
    measured = serializers.DictField()
    expected = serializers.DictField()
    ms = serializers.IntegerField()


class RunOut(serializers.Serializer[Run]):
    """One execution of a scenario, with its evidence."""

    id = serializers.UUIDField(source="code")
    scenario_id = serializers.CharField(source="scenario.name")
    status = serializers.ChoiceField(choices=ProbeState.choices, source="state")
    reason = serializers.CharField()
    cause = serializers.CharField()
    evidence = LookOut(many=True)
    started_at = serializers.DateTimeField()
    duration_ms = serializers.IntegerField()
    findings_count = serializers.IntegerField()
    tick_id = serializers.UUIDField(source="tick.code", default=None, allow_null=True, help_text="null: run by hand.")


class RunSummaryOut(serializers.Serializer[RunSummary]):
    """One run in short. ``ok``: nothing is wrong with it, or nothing is configured."""

    ok = serializers.BooleanField(source="is_ok")
    run_id = serializers.UUIDField()
    scenario_id = serializers.CharField()
    status = serializers.ChoiceField(choices=ProbeState.choices)
    findings_count = serializers.IntegerField()
    duration_ms = serializers.IntegerField()


class TickOut(serializers.Serializer[Any]):
    """What one round did. ``ok``: everything that was seen could be written."""

    ok = serializers.BooleanField()
    tick_id = serializers.UUIDField()
    kb_indexed = serializers.IntegerField(help_text="Sections of knowledge that were indexed; there is no index yet.")
    runs = RunSummaryOut(many=True)
    total = serializers.IntegerField()
