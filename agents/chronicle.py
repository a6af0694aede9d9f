"""The ledger as a story: who did what, with names in place of ids. For timelines of every kind."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.templatetags.agents import agent_name
from ledger.models import Entry
from ledger.sentences import sentence_of
from opsportal.core.actor import ENGINE, SYSTEM, TICKER, ActorKind
from opsportal.institutions.personal import personal
from opsportal.institutions.selectors import people_named

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

_CODE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_FIXED: "dict[str, _StrPromise]" = {
    TICKER.id: gettext_lazy("The clock"),
    SYSTEM.id: gettext_lazy("The portal"),
    ENGINE.id: gettext_lazy("The engine"),
    "tick-endpoint": gettext_lazy("A caller with the token"),
    "manage.py": gettext_lazy("A command on the machine"),
}
_PERSONS = ("user", "from", "to")  # fields of the data that hold the id of a person

Namer = Callable[[Collection[str]], Mapping[str, str]]
"""Takes ids of one kind of actor and returns their names, in one query."""

_namers: dict[str, Namer] = {}


def namer_register(kind: str, namer: Namer) -> None:
    """Let ``namer`` name the actors of ``kind`` that this app does not know; the same kind again replaces it."""
    _namers[kind] = namer


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as people read it: ``actor`` did what ``sentence`` says."""

    entry: Entry
    actor: str
    actor_kind: str
    on_behalf_of: str
    sentence: str
    data: Mapping[str, Any]

    @property
    def subject(self) -> tuple[str, str]:
        """What it is about: the noun and the id."""
        noun, _colon, rest = self.entry.subject.partition(":")
        return noun, rest


def lines_of(entries: Iterable[Entry]) -> list[Line]:
    """Return what ``entries`` say, in their order; names are masked for who may not read them. At most one query
    for people, and one for each other kind of actor that has a namer.
    """
    bodies = [(entry, _body(entry)) for entry in entries]
    codes = {code for _entry, body in bodies for code in _people(body) if _CODE.fullmatch(code)}
    names = {code: personal(name) for code, name in people_named(codes).items()}
    for kind, namer in _namers.items():
        ours = {body["actor"] for _entry, body in bodies if body["actor_kind"] == kind}
        names |= namer(ours) if ours else {}
    return [
        Line(
            entry=entry,
            actor=actor_name(body["actor"], body["actor_kind"], names),
            actor_kind=body["actor_kind"],
            on_behalf_of=_behalf(body["data"].get("on_behalf_of"), names),
            sentence=sentence_of(body["kind"], _with_names(body["data"], names)),
            data=body["data"],
        )
        for entry, body in bodies
    ]


def _body(entry: Entry) -> Mapping[str, Any]:
    """Return what the entry says; of one whose bytes were damaged, what stands beside them."""
    return entry.content or {"actor": entry.actor, "actor_kind": "", "kind": entry.kind, "data": {}}


def _people(body: Mapping[str, Any]) -> list[str]:
    named = [body["actor"]] if body["actor_kind"] == ActorKind.HUMAN else []
    data = body["data"]
    return [*named, *(str(data.get(field) or "") for field in ("on_behalf_of", *_PERSONS))]


def _with_names(data: Mapping[str, Any], names: Mapping[str, str]) -> Mapping[str, Any]:
    return {**data, **{field: names.get(data[field]) or _("a former person") for field in _PERSONS if data.get(field)}}


def actor_name(actor: str, kind: str, names: Mapping[str, str]) -> str:
    """Return who an actor is to people; ``names`` are those of persons and of named machines, by their ids."""
    if kind == ActorKind.HUMAN:
        return names.get(actor) or _("a former person")
    if kind == ActorKind.AGENT:
        return agent_name(actor)
    return str(names.get(actor) or _FIXED.get(actor, actor))


def _behalf(who: str | None, names: Mapping[str, str]) -> str:
    return (names.get(who) or agent_name(who)) if who else ""
