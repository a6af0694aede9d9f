"""``{% load watching %}``: words of scenarios, and the call that does what the page does."""

from collections.abc import Mapping
from shlex import quote
from typing import Any

from django import template
from django.urls import reverse

from opsportal.core.secret import Secret
from scenarios import words
from scenarios.models import Heartbeat
from scenarios.probes.base import CheckSpec
from scenarios.probes.kinds import probe_for

MASK = "•••"
register = template.Library()
register.filter("reason_word", words.reason_word)
register.filter("interval", words.interval_word)


@register.filter
def params_shown(check: CheckSpec) -> list[tuple[str, str]]:
    """Return the parameters of a check as the registry has them; what it sends may hold credentials and is a mask."""
    rules = probe_for(check.kind).SCHEMA["properties"]
    return [
        (name, MASK if rules.get(name, {}).get("writeOnly") else value_shown(value))
        for name, value in check.params.items()
    ]


@register.filter
def value_shown(value: object) -> str:
    """Write a parameter or a threshold as the registry has it; never a secret."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {value_shown(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(value_shown(inner) for inner in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return MASK if isinstance(value, Secret) else str(value)


@register.simple_tag(takes_context=True)
def curl(context: Mapping[str, Any], method: str, path: str, code: object = "") -> str:
    """Return the command that does the same through the API, with the token in a variable of the shell.

    ``code`` takes the place of ``{}`` in ``path``.
    """
    address = context["request"].build_absolute_uri(path.replace("{}", str(code)))
    verb = "" if method == "GET" else f"-X {method} "
    return f'curl -s {verb}-H "Authorization: Bearer $OPSPORTAL_TOKEN" {quote(address)}'


@register.simple_tag(takes_context=True)
def heartbeat_command(context: Mapping[str, Any], ear: Heartbeat) -> str:
    """Return the command that a watched job runs when it has succeeded."""
    address = context["request"].build_absolute_uri(reverse("api-heartbeat", args=[ear.code]))
    return f"curl -fsS -m 10 --retry 3 {quote(address)}"
