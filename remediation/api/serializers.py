"""What the API of governance takes and shows."""

from typing import Any

from rest_framework import serializers

from opsportal.core.serializers import Flag, Strict, Text
from opsportal.institutions.personal_field import PersonalField
from remediation.models import Approval, ApprovalLink, Bundle, Delegation, Job, Proposal, Release, Runtime, Vote
from remediation.onboarding import Step
from remediation.services.onboarding import SHIPPED

DIGEST = r"^[0-9a-f]{64}$"


class JsonObject(serializers.DictField):
    """Any JSON object; the contract says what may stand in it."""


class ProposalIn(Strict):
    """What somebody wants done."""

    department = Text(visible=1, max_length=40)
    operation = Text(visible=1, max_length=80)
    params = JsonObject(required=False, default=dict)
    reason = Text(required=False, default="", max_length=500)
    runtime = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="Where, if there are several."
    )
    emergency = Text(required=False, default="", max_length=40, help_text="The emergency clause that is invoked.")
    finding = serializers.UUIDField(required=False, allow_null=True, default=None, help_text="What it is to mend.")


class ParamsIn(Strict):
    """The same at the address of one operation: its parameters, a reason and where."""

    params = JsonObject(required=False, default=dict)
    reason = Text(required=False, default="", max_length=500)
    runtime = serializers.UUIDField(required=False, allow_null=True, default=None)


class ProposalOut(serializers.Serializer[Proposal]):
    """A proposal and what the engine said to it."""

    id = serializers.UUIDField(source="code")
    department = serializers.CharField(source="department.name")
    operation = serializers.CharField()
    risk = serializers.CharField()
    params = JsonObject()
    reason = serializers.CharField()
    status = serializers.ChoiceField(choices=Proposal.Status.choices)
    decision = JsonObject(help_text="effect, code, gate, rule, reason, and one step per gate in trace.")
    requested_by = PersonalField(allow_null=True)
    requester_kind = serializers.CharField()
    runtime_id = serializers.UUIDField(source="runtime.code")
    contract = serializers.CharField(source="bundle.contract")
    bundle = serializers.CharField(source="bundle.digest")
    plan_digest = serializers.CharField(
        help_text="What people vote on and the runtime verifies; empty: not sealed yet."
    )
    plan_expires_at = serializers.DateTimeField(allow_null=True)
    approval_id = serializers.SerializerMethodField(help_text="The approval that it waits for, if any.")
    outcome = serializers.ChoiceField(choices=Proposal.Outcome.choices)
    emergency = serializers.CharField(help_text="The clause that stood in for the approval; empty: none.")
    review_due_at = serializers.DateTimeField(allow_null=True)
    reviewed_at = serializers.DateTimeField(allow_null=True)
    case = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)

    def get_approval_id(self, proposal: Proposal) -> str | None:
        """Return the approval's id."""
        approval = getattr(proposal, "approval", None)
        return str(approval.code) if approval else None


class ProposalDetailOut(ProposalOut):
    """A proposal with its sealed plan, byte for byte."""

    plan = serializers.CharField(help_text="Canonical JSON; its SHA-256 is plan_digest.")


class ProposalsQuery(Strict):
    """Which proposals; what is left out does not restrict."""

    status = serializers.MultipleChoiceField(choices=Proposal.Status.choices, required=False)
    operation = Text(visible=1, required=False, default="", max_length=80)
    case = serializers.UUIDField(required=False, default=None)


class VoteOut(serializers.Serializer[Vote]):
    """What one person said."""

    voter = PersonalField()
    stage = serializers.CharField()
    verdict = serializers.ChoiceField(choices=Vote.Verdict.choices)
    reason = serializers.CharField()
    via = serializers.CharField()
    at = serializers.DateTimeField(source="cast_at")


class ApprovalOut(serializers.Serializer[Approval]):
    """A request to people to agree with one sealed plan."""

    id = serializers.UUIDField(source="code")
    proposal_id = serializers.UUIDField(source="proposal.code")
    operation = serializers.CharField(source="proposal.operation")
    risk = serializers.CharField(source="proposal.risk")
    requested_by = PersonalField(source="proposal.requested_by", allow_null=True)
    reason = serializers.CharField(source="proposal.reason")
    plan = serializers.CharField(source="proposal.plan", help_text="What would run, byte for byte.")
    plan_digest = serializers.CharField()
    rule = serializers.CharField()
    stages = serializers.ListField(child=JsonObject())
    status = serializers.ChoiceField(choices=Approval.Status.choices)
    votes = VoteOut(many=True)
    expires_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)


class ApprovalsQuery(Strict):
    """Which approvals; what is left out does not restrict."""

    status = serializers.MultipleChoiceField(choices=Approval.Status.choices, required=False)


class VoteIn(Strict):
    """A vote on exactly one plan."""

    decision = serializers.ChoiceField(choices=["approve", "reject"])
    plan_digest = serializers.RegexField(DIGEST, help_text="The plan that was looked at.")
    reason = Text(required=False, default="", max_length=500, help_text="Needed to reject, and to approve above R1.")


class LinkIn(Strict):
    """For whom."""

    username = Text(visible=1, max_length=150)


class LinkOut(serializers.Serializer[ApprovalLink]):
    """A link by which one person decides, once."""

    id = serializers.UUIDField(source="code")
    url = serializers.SerializerMethodField(help_text="Shown now and never again; opening it decides nothing.")
    expires_at = serializers.DateTimeField()

    def get_url(self, link: ApprovalLink) -> str:
        """Return the address, from the context."""
        return str(self.context["url"])


class DelegationIn(Strict):
    """A role of mine, for somebody else, for a while."""

    role = Text(visible=1, max_length=40)
    username = Text(visible=1, max_length=150)
    until = serializers.DateTimeField()


class DelegationOut(serializers.Serializer[Delegation]):
    """Who votes in whose place."""

    id = serializers.UUIDField(source="code")
    role = serializers.CharField()
    given_by = PersonalField(source="from_user")
    given_to = PersonalField(source="to_user")
    until = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class ReviewIn(Strict):
    """What somebody else thinks of an emergency."""

    verdict = serializers.ChoiceField(choices=["justified", "unjustified"])
    note = Text(visible=1, max_length=500)


class JobOut(serializers.Serializer[Job]):
    """An order and what became of it."""

    id = serializers.UUIDField(source="code")
    proposal_id = serializers.UUIDField(source="proposal.code")
    operation = serializers.CharField(source="proposal.operation")
    mode = serializers.ChoiceField(choices=Job.Mode.choices)
    status = serializers.ChoiceField(choices=Job.Status.choices)
    runtime_id = serializers.UUIDField(source="runtime.code")
    plan_digest = serializers.CharField()
    order_digest = serializers.CharField()
    code = serializers.CharField(source="result_code")
    exit_code = serializers.IntegerField(allow_null=True)
    summary = serializers.CharField()
    not_before = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class JobDetailOut(JobOut):
    """A job with its result and both signed envelopes."""

    result = JsonObject(allow_null=True)
    order = serializers.CharField(help_text="The signed order, as the runtime gets it.")
    result_envelope = serializers.CharField(help_text="The signed result, as the runtime sent it.")


class JobsQuery(Strict):
    """Which jobs; what is left out does not restrict."""

    status = serializers.MultipleChoiceField(choices=Job.Status.choices, required=False)
    mode = serializers.ChoiceField(choices=Job.Mode.choices, required=False, default="")


class SourceIn(Strict):
    """The text of a contract."""

    source = Text(visible=1)  # type: ignore[assignment]  # a field, not the attribute


class BundleOut(serializers.Serializer[Bundle]):
    """A compiled contract."""

    id = serializers.UUIDField(source="code")
    contract = serializers.CharField()
    name = serializers.CharField()
    version = serializers.CharField()
    digest = serializers.CharField()
    source_digest = serializers.CharField()
    created_at = serializers.DateTimeField()


class ReleaseIn(Strict):
    """Which bundle, where."""

    department = Text(visible=1, max_length=40)
    bundle = serializers.UUIDField()
    impact_digest = serializers.RegexField(
        DIGEST, required=False, default="", help_text="The digest of the impact preview that was looked at."
    )


class ReleaseOut(serializers.Serializer[Release]):
    """A contract made active in a department."""

    id = serializers.UUIDField(source="code")
    department = serializers.CharField(source="department.name")
    contract = serializers.CharField(source="bundle.contract")
    bundle_id = serializers.UUIDField(source="bundle.code")
    digest = serializers.CharField(source="pin")
    status = serializers.ChoiceField(choices=Release.Status.choices)
    is_rollback = serializers.BooleanField()
    released_by = serializers.CharField()
    released_at = serializers.DateTimeField()


class RuntimeIn(Strict):
    """A name for the machine, and the department that it works for."""

    department = Text(visible=1, max_length=40)
    name = Text(visible=1, max_length=80)


class RuntimeOut(serializers.Serializer[Runtime]):
    """A runtime as it was heard last."""

    id = serializers.UUIDField(source="code")
    name = serializers.CharField()
    department = serializers.CharField(source="department.name")
    status = serializers.ChoiceField(choices=Runtime.Status.choices)
    is_online = serializers.SerializerMethodField(help_text="Heard within the last two minutes.")
    version = serializers.CharField()
    platform = serializers.CharField()
    root = serializers.CharField()  # type: ignore[assignment]  # a field, not the attribute
    capabilities = serializers.ListField(child=serializers.CharField())
    journal_seq = serializers.IntegerField()
    journal_hash = serializers.CharField()
    enrolled_at = serializers.DateTimeField(allow_null=True)
    last_seen_at = serializers.DateTimeField(allow_null=True)

    def get_is_online(self, runtime: Runtime) -> bool:
        """Tell it from its heartbeats."""
        return bool(self.context["online"](runtime))


class RuntimeMadeOut(RuntimeOut):
    """A runtime just made, with the token that enrols it."""

    token = serializers.SerializerMethodField(help_text="Enrols it once, within seven days; shown now and never again.")

    def get_token(self, runtime: Runtime) -> str:
        """Return the token, from the context."""
        return str(self.context["token"])


class OnboardIn(Strict):
    """The department to govern, and a name for the machine that works for it."""

    department = serializers.ChoiceField(choices=sorted(SHIPPED))
    runtime_name = Text(visible=1, max_length=80)


class StepOut(serializers.Serializer[Step]):
    """One step on the way to a governed department."""

    name = serializers.CharField()
    is_done = serializers.BooleanField()
    detail = serializers.CharField()


class OnboardedOut(serializers.Serializer[Any]):
    """What a runtime is configured with."""

    institution_id = serializers.UUIDField()
    actor_token = serializers.CharField(allow_null=True, help_text="Shown once; null when the runtime is enrolled.")
    engine_base_url = serializers.URLField()
    runtime_id = serializers.UUIDField()
    contract = serializers.CharField()
    bundle = serializers.CharField()
    steps = StepOut(many=True)


class BrakesIn(Strict):
    """Pull or release."""

    active = Flag()
    reason = Text(required=False, default="", max_length=500)


class BrakesOut(serializers.Serializer[Any]):
    """What holds everything back."""

    is_stopped = serializers.BooleanField()
    is_frozen = serializers.BooleanField()
    safe_mode = serializers.CharField()


class EnrolIn(Strict):
    """Who is enrolled."""

    public_key = serializers.RegexField(DIGEST, help_text="Ed25519, hexadecimal.")
    name = Text(visible=1, max_length=80)
    version = serializers.RegexField(r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,39}$")
    platform = Text(visible=1, max_length=80)


class JournalHead(Strict):
    """Where the runtime's own journal stands."""

    seq = serializers.IntegerField(min_value=0, max_value=2**53 - 1)
    hash = serializers.RegexField(r"^([0-9a-f]{64})?$", allow_blank=True)


class BeatIn(Strict):
    """How a runtime is."""

    version = Text(visible=1, max_length=40)
    root = Text(required=False, default="", max_length=1024)  # type: ignore[assignment]  # a field, not the attribute
    capabilities = serializers.ListField(child=Text(visible=1, max_length=80), max_length=100, required=False)
    journal = JournalHead()


class ClaimIn(Strict):
    """How many jobs at most."""

    limit = serializers.IntegerField(min_value=1, max_value=10, required=False, default=1)


class OutputIn(Strict):
    """A piece of what a job says."""

    offset = serializers.IntegerField(min_value=0, max_value=2**53 - 1)
    text = Text(max_length=65_536)


class EnvelopeIn(Strict):
    """A DSSE envelope."""

    payload = Text(visible=1, max_length=400_000)
    payloadType = Text(visible=1, max_length=80)  # noqa: N815  as DSSE spells it
    signatures = serializers.ListField(child=JsonObject(), min_length=1, max_length=1)


class JournalIn(Strict):
    """Lines of a runtime's own journal."""

    lines = serializers.ListField(child=Text(visible=1, max_length=2048), min_length=1, max_length=200)
    from_seq = serializers.IntegerField(min_value=1, max_value=2**53 - 1, help_text="The number of the first line.")
