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
    Kind.CHECKPOINT_SIGNED: _("signed a checkpoint over the first %(size)s entries"),
    Kind.LEDGER_VERIFIED: _("verified the ledger from entry %(after)s to %(size)s: intact"),
    Kind.LEDGER_EXPORTED: _("exported the ledger as %(format)s, up to entry %(size)s"),
    Kind.LEDGER_TAMPER_DETECTED: _("found the ledger changed at entry %(seq)s: %(fault)s"),
    Kind.PAYLOAD_ERASED: _("erased a text (%(reason)s); its entry stays provable"),
}

# Where one flag of the data decides what is said.
_EITHER: "dict[str, tuple[str, _StrPromise, _StrPromise]]" = {
    Kind.DEPT_ACTIVATED: (
        "is_active",
        _("activated the department %(department)s"),
        _("deactivated the department %(department)s"),
    ),
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
    if template is None:
        return kind
    return str(template) % _Said({name: _words(value) for name, value in data.items() if value is not None})


def _words(value: Json) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{count} {_words(word)}" for word, count in value.items() if count) or "0"
    if isinstance(value, list):
        return ", ".join(_words(item) for item in value) or "–"
    return str(_WORDS.get(value, value)) if isinstance(value, str) else str(value)
