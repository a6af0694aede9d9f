"""What entries say to people: for each kind a predicate, to stand after the name of who did it.

``%(name)s`` is a field of the entry's data. A kind without a sentence is shown as its own word: old or
new, every entry can be read.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from ledger.kinds import Kind
from opsportal.core.canonical import Json

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

_SENTENCES: "dict[str, _StrPromise]" = {
    Kind.INSTITUTION_CREATED: _("founded the institution and began its ledger"),
    Kind.INSTITUTION_REOPENED: _("reopened the institution after its ledger had been found broken"),
    Kind.MEMBER_ADDED: _("added %(user)s as a member with the roles %(after)s"),
    Kind.MEMBER_CHANGED: _("changed the roles of %(user)s from %(before)s to %(after)s"),
    Kind.MEMBER_REMOVED: _("removed the member %(user)s, who had the roles %(before)s"),
    Kind.ACTOR_TOKEN_CREATED: _("issued the token %(key_id)s (days: %(days)s)"),
    Kind.ACTOR_TOKEN_REVOKED: _("revoked the token %(key_id)s"),
    Kind.USER_CREATED: _("made an account"),
    Kind.PASSWORD_ISSUED: _("issued a password that is good for one login"),
    Kind.PASSWORD_CHANGED: _("changed a password"),
    Kind.LOGIN_SUCCEEDED: _("logged in (%(method)s)"),
    Kind.LOGIN_FAILED: _("failed to log in (%(reason)s)"),
    Kind.RBAC_DECISION: _("was refused: %(code)s (%(status)s)"),
    Kind.REGISTRY_LOADED: _("loaded a registry (scenarios: %(scenarios)s)"),
    Kind.REGISTRY_REJECTED: _("refused a registry (problems: %(problems)s); the one before stays in force"),
    Kind.TICK_COMPLETED: _("completed a round: %(counts)s"),
    Kind.TICK_CRASHED: _("noticed that round %(fence)s had crashed"),
    Kind.TICK_ENDED: _("ended round %(fence)s: %(runs)s looked at, %(failing)s failing"),
    Kind.TICK_LATE: _("began a round %(late_seconds)s seconds late"),
    Kind.WORKER_RESTARTED: _("restarted the worker (%(reason)s)"),
    Kind.RUN_COMPLETED: _("ran %(scenario)s by hand: %(state)s"),
    Kind.HEARTBEAT_CREATED: _("made the address of the heartbeat %(heartbeat)s"),
    Kind.FINDING_OPENED: _("opened a finding: %(scenario)s, check %(check)s is %(state)s (%(severity)s)"),
    Kind.FINDING_ACKED: _("acknowledged the finding"),
    Kind.FINDING_UNACKED: _("took the acknowledgement back"),
    Kind.FINDING_RESOLVED: _("resolved the finding: %(scenario)s, check %(check)s is well again (seen: %(count)s)"),
    Kind.FINDING_REOPENED: _("opened the finding again: %(scenario)s, check %(check)s is %(state)s (%(severity)s)"),
    Kind.FINDING_WORSENED: _("raised the finding to %(severity)s: %(scenario)s, check %(check)s is %(state)s"),
    Kind.FINDING_CAUSED: _("named %(cause)s as the cause of what is wrong with %(scenario)s"),
    Kind.THREAD_OPENED: _("opened a conversation with %(agent)s"),
    Kind.MESSAGE_POSTED: _("wrote a message"),
    Kind.MESSAGE_RESTORED: _("put a message back into the inbox of %(inbox)s"),
    Kind.MESSAGE_ACKED: _("dealt with a message in the inbox of %(inbox)s"),
    Kind.CHAT_ANSWERED: _("answered a question (%(tier)s)"),
    Kind.BUNDLE_COMPILED: _("compiled the contract %(contract)s"),
    Kind.BUNDLE_RELEASED: _("released the contract %(contract)s in %(department)s"),
    Kind.BUNDLE_ROLLED_BACK: _("rolled %(department)s back to the contract %(contract)s"),
    Kind.SAFE_MODE_ENTERED: _("put the institution into safe mode: %(code)s"),
    Kind.SAFE_MODE_LEFT: _("ended safe mode"),
    Kind.PROPOSAL_CREATED: _("proposed %(operation)s (%(risk)s)"),
    Kind.PROPOSAL_WITHDRAWN: _("withdrew the proposal"),
    Kind.PROPOSAL_EXPIRED: _("let the proposal expire"),
    Kind.PROPOSAL_STALE: _("found the proposal stale: %(code)s"),
    Kind.INSTITUTION_EMERGENCY_STOP_BLOCKED: _("was held back by the emergency stop"),
    Kind.INSTITUTION_FREEZE_BLOCKED: _("was held back by a freeze"),
    Kind.EGE_DRIFT_BLOCKED: _("was held back: the contract is not what was released (%(code)s)"),
    Kind.POLICY_PRE_DECISION: _("was refused by a policy: %(code)s"),
    Kind.MANDATE_EVALUATED: _("was refused for lack of a mandate: %(code)s"),
    Kind.AUTONOMY_EVALUATED: _("was refused: not autonomous enough (%(code)s)"),
    Kind.SOD_VIOLATION: _("was refused: separation of duties (%(code)s)"),
    Kind.INVARIANT_VIOLATED: _("was refused by the invariant %(rule)s"),
    Kind.JOB_BLOCKED: _("was refused at the gate %(gate)s: %(code)s"),
    Kind.PLAN_SEALED: _("sealed the plan %(plan)s (changes: %(changes)s)"),
    Kind.APPROVAL_REQUESTED: _("asked %(approvers)s for approval (needed: %(quorum)s)"),
    Kind.APPROVAL_LINK_CREATED: _("made a link by which %(user)s can decide, once"),
    Kind.DELEGATION_CREATED: _("lets %(to)s vote as %(role)s in place of %(from)s (hours: %(hours)s)"),
    Kind.DELEGATION_ENDED: _("ended a delegation"),
    Kind.EMERGENCY_USED: _("broke the glass: %(clause)s in place of the approval %(bypassed)s"),
    Kind.APPROVAL_EXPIRED: _("let the request for approval expire"),
    Kind.APPROVAL_CANCELED: _("canceled the request for approval"),
    Kind.JOB_REQUESTED: _("ordered a dry-run"),
    Kind.JOB_ENQUEUED: _("ordered the execution"),
    Kind.JOB_CLAIMED: _("took the job"),
    Kind.JOB_STARTED: _("began the job"),
    Kind.JOB_RETURNED: _("put the job back into the queue: its lease had ended before it began"),
    Kind.JOB_CANCELLED: _("cancelled the job (%(code)s)"),
    Kind.JOB_EXPIRED: _("let the job expire"),
    Kind.JOB_OUTCOME_UNKNOWN: _("lost sight of the job: its outcome is unknown"),
    Kind.RUNTIME_CREATED: _("made room for a runtime in %(department)s"),
    Kind.RUNTIME_ENROLLED: _("enrolled (version %(version)s)"),
    Kind.RUNTIME_REVOKED: _("revoked the runtime"),
    Kind.ORDER_KEY_CREATED: _("made the key %(kid)s that signs orders"),
    Kind.CHECKPOINT_SIGNED: _("signed a checkpoint over the first %(size)s entries"),
    Kind.LEDGER_VERIFIED: _("verified the ledger from entry %(after)s to %(size)s: intact"),
    Kind.LEDGER_EXPORTED: _("exported the ledger as %(format)s, up to entry %(size)s"),
    Kind.CASE_EXPORTED: _("took the evidence of the case (files: %(files)s, ledger up to entry %(size)s)"),
    Kind.LEDGER_TAMPER_DETECTED: _("found the ledger changed at entry %(seq)s: %(fault)s"),
    Kind.PAYLOAD_ERASED: _("erased a text (%(reason)s); its entry stays provable"),
}

# Where one word of the data decides what is said.
_BY_WORD: "dict[str, tuple[str, dict[str, _StrPromise]]]" = {
    Kind.PROPOSAL_DECIDED: (
        "effect",
        {
            "allowed": _("allowed it: every gate passed"),
            "needs_approval": _("allowed it, if people approve (rule %(rule)s)"),
            "denied": _("denied it at the gate %(gate)s: %(code)s"),
        },
    ),
    Kind.APPROVAL_VOTED: (
        "verdict",
        {"approve": _("approved the plan %(plan)s"), "reject": _("rejected the plan %(plan)s")},
    ),
    Kind.APPROVAL_DECIDED: (
        "status",
        {
            "approved": _("closed the approval: approved (votes: %(votes)s)"),
            "rejected": _("closed the approval: rejected"),
        },
    ),
    Kind.RUNTIME_JOB_REPORTED: (
        "status",
        {"executed": _("reported the job executed"), "failed": _("reported the job failed: %(code)s")},
    ),
    Kind.EMERGENCY_REVIEWED: (
        "verdict",
        {"justified": _("found the emergency justified"), "unjustified": _("found the emergency not justified")},
    ),
    Kind.OUTCOME_OBSERVED: (
        "outcome",
        {
            "verified": _("verified that it helped: what opened the finding is well again"),
            "ineffective": _("saw that it did not help: what opened the finding still fails"),
            "regressed": _("saw that it helped for a while only"),
        },
    ),
}

# Where one flag of the data decides what is said.
_EITHER: "dict[str, tuple[str, _StrPromise, _StrPromise]]" = {
    Kind.DEPT_ACTIVATED: (
        "is_active",
        _("activated the department %(department)s"),
        _("deactivated the department %(department)s"),
    ),
    Kind.INSTITUTION_STOPPED: ("is_stopped", _("pulled the emergency stop"), _("released the emergency stop")),
    Kind.INSTITUTION_FROZEN: ("is_frozen", _("froze all actions"), _("ended the freeze")),
    Kind.USER_CHANGED: ("is_active", _("reactivated an account"), _("deactivated an account")),
    Kind.SCENARIO_CHANGED: (
        "is_enabled",
        _("enabled the scenario %(scenario)s"),
        _("disabled the scenario %(scenario)s"),
    ),
}

# The words of the data that people read in sentences.
_WORDS: "dict[str, _StrPromise]" = {
    "ok": _("ok"),
    "degraded": _("degraded"),
    "down": _("down"),
    "unknown": _("unknown"),
    "not_configured": _("not configured"),
    "info": _("info"),
    "low": _("low"),
    "medium": _("medium"),
    "high": _("high"),
    "critical": _("critical"),
}


class _Said(dict[str, str]):
    """The data as words; what an older entry does not have is a dash."""

    def __missing__(self, name: str) -> str:
        return "–"


def sentence_of(kind: str, data: Mapping[str, Json]) -> str:
    """Return what an entry of ``kind`` says about its actor, in the language of the reader."""
    flag, when_true, when_false = _EITHER.get(kind, ("", None, None))
    template = (when_true if data.get(flag) else when_false) if flag else _SENTENCES.get(kind)
    if kind in _BY_WORD:
        name, templates = _BY_WORD[kind]
        template = templates.get(str(data.get(name)))
    if template is None:
        return kind
    return str(template) % _Said({name: _words(value) for name, value in data.items() if value is not None})


def _words(value: Json) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{count} {_words(word)}" for word, count in value.items() if count) or "0"
    if isinstance(value, list):
        return ", ".join(_words(item) for item in value) or "–"
    return str(_WORDS.get(value, value)) if isinstance(value, str) else str(value)
