"""Governance in words: who asks, what they want, and names that a stranger may have chosen."""

import base64
import binascii
import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from agents.chronicle import actor_name
from opsportal.core.actor import ActorKind
from opsportal.institutions.personal import personal
from opsportal.institutions.selectors import people_named
from remediation.models import Proposal

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# Categories that show nothing, or that make other characters look different from what they are.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BESIDE = {"\n": "↵", "\t": "⇥", "\r": "␍", " ": "␣"}
# What follows "Olga wants to"; operations of other contracts are called by their title.
PHRASES: "dict[str, _StrPromise]" = {
    "files.delete": ngettext_lazy("delete %(count)d file", "delete %(count)d files", "count"),
    "files.move": ngettext_lazy("move %(count)d file to %(target)s", "move %(count)d files to %(target)s", "count"),
    "files.rename": gettext_lazy("rename %(path)s to %(target)s"),
    "files.hash": ngettext_lazy(
        "compute the digest of %(count)d file", "compute the digests of %(count)d files", "count"
    ),
    "files.list": gettext_lazy("list the files in %(path)s"),
    "files.scan": gettext_lazy("find duplicate files in %(path)s"),
    "files.suggest": gettext_lazy("look for what to clean up in %(path)s"),
    "files.read": gettext_lazy("read the beginning of %(path)s"),
    "files.stat": gettext_lazy("look at %(path)s"),
    "files.search": gettext_lazy("search for files by name in %(path)s"),
    "files.plan.create": gettext_lazy("make a plan of changes"),
    "files.plan.get": gettext_lazy("look at a plan of changes"),
    "files.plan.apply": gettext_lazy("carry out a plan of changes"),
    "archive.create": ngettext_lazy(
        "pack %(count)d file into %(target)s", "pack %(count)d files into %(target)s", "count"
    ),
}


def visible(text: object, *, has_edges: bool = True) -> SafeString:
    """Return a text that somebody else chose as HTML in which nothing hides: every odd character shows its number.

    Spaces at its beginning and end count as odd, unless ``has_edges`` is False: in a line of a text they are usual.

    It keeps to itself: whatever letters it holds, what stands around it does not change its direction.
    """
    inner = mark_safe("".join(_character(one, is_edge=at and has_edges) for at, one in _characters(str(text))))  # noqa: S308  all escaped
    return format_html('<bdi class="untrusted" dir="ltr">{}</bdi>', inner)


def name_visible(name: object) -> SafeString:
    """Return a NAME of a plan as HTML; one that is no text shows its bytes."""
    if not isinstance(name, Mapping) or name.keys() != {"b64"}:
        return visible(name if isinstance(name, str) else json.dumps(name, ensure_ascii=False))
    try:
        raw = base64.b64decode(str(name.get("b64", "")), validate=True)
    except (binascii.Error, ValueError):
        return visible(name)
    shown = "".join(chr(byte) if 0x20 <= byte < 0x7F and byte != 0x5C else f"\\x{byte:02x}" for byte in raw)
    return format_html('{} <span class="odd">{}</span>', visible(shown), _("not text"))


def _characters(text: str) -> Iterable[tuple[bool, str]]:
    """Return each character, and whether it stands at the beginning or the end."""
    last = len(text) - 1
    return ((place in {0, last}, one) for place, one in enumerate(text))


def _character(one: str, *, is_edge: bool) -> str:
    is_space = unicodedata.category(one) == "Zs"
    is_odd = unicodedata.category(one) in _UNSEEN or (is_space and (one != " " or is_edge))
    if not is_odd:
        return conditional_escape(one)
    number = f"U+{ord(one):04X}"
    title = f"{number} {unicodedata.name(one, '')}".strip()
    return format_html('<span class="odd" title="{}">{}</span>', title, _BESIDE.get(one, number))


def requester_of(proposal: Proposal) -> str:
    """Return who asked, as people know them; masked for those who may not read names."""
    person = personal(proposal.requested_by) if proposal.requested_by else ""
    if proposal.requester_kind == ActorKind.HUMAN:
        return person or _("a former person")
    machine = actor_name(proposal.requester_id, proposal.requester_kind, {})
    return _("%(agent)s for %(person)s") % {"agent": machine, "person": person} if person else machine


def names_of(codes: Iterable[str]) -> dict[str, str]:
    """Return who did something, by the id that was kept of them; people are masked where they must be. One query."""
    wanted = {code for code in codes if code}
    people = {code for code in wanted if _is_uuid(code)}
    found = people_named(people)
    named = {code: found.get(code, _("a former person")) for code in people}
    return named | {code: actor_name(code, ActorKind.SYSTEM, {}) for code in wanted - people}


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def phrase_of(operation: str, params: Mapping[str, Any], title: str = "") -> SafeString:
    """Return what an operation would do as the rest of "Olga wants to …", as HTML: names in it are untrusted."""
    template = PHRASES.get(operation)
    if template is None:
        return format_html("<strong>{}</strong>", title or operation)
    paths = params.get("paths")
    values = {
        "count": len(paths) if isinstance(paths, list) else 0,
        "path": visible(params.get("path", "")),
        "target": visible(params.get("target", "")),
    }
    return mark_safe(str(template % values))  # noqa: S308  our own words, and values that are HTML already


def sentence_of(proposal: Proposal, title: str = "") -> SafeString:
    """Return "Olga wants to delete 2 files on desk" as HTML."""
    return format_html(
        _("{who} wants to {what} on {where}"),
        who=format_html("<strong>{}</strong>", requester_of(proposal)),
        what=phrase_of(proposal.operation, proposal.params, title),
        where=format_html("<strong>{}</strong>", visible(proposal.runtime.name)),
    )


def roles_word(roles: Sequence[str]) -> str:
    """Return roles as people say them: "owner or executive admin"."""
    words = [role.replace("_", " ") for role in roles]
    return _(" or ").join(words)


def duration_word(seconds: int) -> str:
    """Return a length of time in its largest whole unit: "3 days", "90 minutes"."""
    length = timedelta(seconds=seconds)
    if seconds and seconds % 86_400 == 0:
        return ngettext("%(n)d day", "%(n)d days", length.days) % {"n": length.days}
    if seconds and seconds % 3600 == 0:
        hours = seconds // 3600
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    minutes = max(1, seconds // 60)
    return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}


def names_joined(names: Sequence[object]) -> SafeString:
    """Return several untrusted names in one line."""
    return format_html_join(", ", "{}", ((name_visible(name),) for name in names))
