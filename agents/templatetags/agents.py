"""``{% load agents %}``: names of agents and people, and the rows of the inbox."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.core.cache import caches
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.safestring import SafeString, mark_safe

from agents.models import Message, Party
from agents.roster import agent
from opsportal.core.errors import NotFoundError
from opsportal.institutions.access import Permission

register = template.Library()
_FRAGMENT_SECONDS = 3600


@register.filter
def agent_name(agent_id: str) -> str:
    """Return ``A1 Pulso`` for a roster id; what is no agent is shown as it is."""
    try:
        found = agent(agent_id)
    except NotFoundError:
        return agent_id
    return found.name if found.id == found.codename or not found.id.startswith("A") else f"{found.id} {found.name}"


@register.filter
def speaker(message: Message, names: Mapping[str, str]) -> str:
    """Return who said it: an agent by its name, a person by theirs."""
    if message.from_type == Party.AGENT:
        return agent_name(message.from_id)
    return names.get(message.from_id, message.from_id)


@register.simple_tag(takes_context=True)
def inbox_row(context: Mapping[str, Any], message: Message, tab: str) -> SafeString:
    """Draw one row of the inbox; drawing is most of the cost of the page, so a row is drawn once per state.

    What differs between readers is in the key: language, time zone, and whether they may write and read names.
    """
    slug, may_write = context["request"].institution.slug, bool(context.get("may_write"))
    key = ":".join(
        [
            str(message.code),
            message.acked_at.isoformat() if message.acked_at else "waits",
            tab,
            str(may_write),
            str(Permission.PERSONAL_READ in context["request"].permissions),
            translation.get_language() or "",
            timezone.get_current_timezone_name(),
        ]
    )
    fragments = caches["fragments"]
    drawn = fragments.get(key)
    if drawn is None:
        values = {"message": message, "tab": tab, "slug": slug, "may_write": may_write}
        drawn = render_to_string("agents/_row.html", values)
        fragments.set(key, drawn, _FRAGMENT_SECONDS)
    return mark_safe(str(drawn))  # noqa: S308  it was escaped when it was drawn
