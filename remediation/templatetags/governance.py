"""``{% load governance %}``: sentences of proposals, and texts that a stranger may have chosen."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from opsportal.institutions.personal import personal
from remediation import words
from remediation.models import Proposal
from remediation.results import cell_text

register = template.Library()
register.filter("visible", words.visible)
register.filter("name_visible", words.name_visible)
register.filter("requester", words.requester_of)
register.filter("sentence", words.sentence_of)
register.filter("roles_word", words.roles_word)
register.filter("duration_word", words.duration_word)

ACTIONS = {"delete": _("Delete"), "rename": _("Rename"), "move": _("Move"), "create": _("Create")}
KINDS = {"file": _("file"), "directory": _("folder"), "absent": _("absent")}
GATES = {
    "emergency_stop": _("No emergency stop"),
    "freeze": _("No freeze"),
    "drift": _("The contract is the one that was released"),
    "rbac": _("The role may do it"),
    "policy": _("The parameters fit, the policies hold"),
    "mandate": _("A mandate covers it"),
    "autonomy": _("The level of autonomy suffices"),
    "dry_run": _("The dry-run went well"),
    "approval": _("People agree"),
    "sod": _("Nobody decides on their own request"),
    "invariants": _("What must hold, holds"),
    "budget": _("The budget is not used up"),
}


@register.filter
def action_word(action: str) -> str:
    """Return the word of a change."""
    return str(ACTIONS.get(action, action))


@register.filter
def kind_word(kind: str) -> str:
    """Return the word of what stands at a path."""
    return str(KINDS.get(kind, kind))


@register.filter
def gate_word(gate: str) -> str:
    """Return what a gate makes sure of."""
    return str(GATES.get(gate, gate.replace("_", " ")))


@register.filter
def visible_line(text: str) -> SafeString:
    """Return a line of a text as HTML in which nothing hides; that it is indented is no news."""
    return words.visible(text, has_edges=False)


@register.filter
def by_code(names: Mapping[str, str], code: str) -> str:
    """Return the name of a person in ``names`` (code to name); what is no person, as it is."""
    return names.get(code, code)


@register.filter
def voters(votes: Sequence[Any]) -> str:
    """Return who has voted, by name."""
    return ", ".join(personal(vote.voter) for vote in votes)


@register.simple_tag
def asked_for(proposal: Proposal, title: str = "") -> SafeString:
    """Write what a proposal asks for, in few words."""
    return words.phrase_of(proposal.operation, proposal.params, title)


@register.filter
def is_list(value: object) -> bool:
    """Return True for a list."""
    return isinstance(value, list)


@register.filter
def is_number(value: object) -> bool:
    """Return True for a number, which stands at the right of its column."""
    return isinstance(value, int | float) and not isinstance(value, bool)


@register.filter
def cell(value: object) -> SafeString:
    """Return a value of a result as HTML. Whatever a machine sent is untrusted."""
    if isinstance(value, list):
        return words.names_joined(value)
    if isinstance(value, Mapping):
        return words.name_visible(value)
    return words.visible(cell_text(value))


@register.filter
def sha256(text: str) -> str:
    """Return the digest of a text, as the ledger names it."""
    return hashlib.sha256(text.encode()).hexdigest()
