"""What is published of the registry's form: the JSON Schema, and a page on every kind of check."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from scenarios.probes.base import Probe
from scenarios.probes.conditions import OPERATORS
from scenarios.probes.kinds import probe_kinds
from scenarios.registry.schema import registry_schema

_LIMITS = {"minimum": "at least", "maximum": "at most"}
HEAD = """# Kinds of checks

Written by `python manage.py registry_publish` from the probes themselves; a test holds it to them. How an entry of the
registry is made stands in [scenarios](scenarios.md).

Operators of conditions: {operators}.
"""


def published() -> dict[Path, str]:
    """Return the files that describe the registry, with what they must hold."""
    schema = json.dumps(registry_schema(), indent=2, ensure_ascii=False)
    return {
        settings.BASE_DIR / "scenarios" / "registry.schema.json": f"{schema}\n",
        settings.BASE_DIR / "docs" / "probe-kinds.md": "\n".join(_page()),
    }


def _page() -> Iterator[str]:
    yield HEAD.format(operators=", ".join(f"`{name}`" for name in OPERATORS))
    for kind, probe in probe_kinds().items():
        yield from _section(kind, probe)


def _section(kind: str, probe: Probe) -> Iterator[str]:
    yield f"## `{kind}`\n"
    yield " ".join((type(probe).__doc__ or "").split()).replace("``", "`") + "\n"
    required = probe.SCHEMA.get("required", ())
    if rules := probe.SCHEMA.get("properties"):
        yield "| with | what | |\n|---|---|---|"
        yield from (
            f"| `{name}` | {_rule(rule)} | {'needed' if name in required else ''} |" for name, rule in rules.items()
        )
        yield ""
    yield "| measure | type | what |\n|---|---|---|"
    yield from (
        f"| `{measure.name}{'…' if measure.name.endswith(':') else ''}` | {measure.type} | {measure.help} |"
        for measure in probe.MEASURES
    )
    yield ""


def _rule(rule: Mapping[str, Any]) -> str:
    kind = ", ".join(f"`{word}`" for word in rule["enum"]) if "enum" in rule else str(rule.get("type", "anything"))
    between = "".join(f", {words} {rule[key]}" for key, words in _LIMITS.items() if key in rule)
    default = f"; default {json.dumps(rule['default'])}" if "default" in rule else ""
    about = f". {rule['description'].rstrip('.')}" if "description" in rule else ""
    return f"{kind}{between}{default}{about}"
