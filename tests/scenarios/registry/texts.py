"""Small registries for tests, written the way people write them."""

from collections.abc import Mapping
from typing import Any

import yaml

from opsportal.core.secret import Secret
from scenarios.registry.parse import registry_parse
from scenarios.registry.problems import RegistryError
from scenarios.registry.spec import Registry
from scenarios.registry.variables import Configuration

CONFIGURATION = Configuration(
    variables={"NIGHTLY": "nightly", "PERIOD": "3600", "UNSET": "", "OPSPORTAL_VAR_WORD": "soon"},
    secrets={"KEY": Secret("s3cret"), "EMPTY_KEY": Secret("")},
)


def check(**changes: Any) -> dict[str, Any]:
    """A check that needs nothing."""
    condition = {"measure": "disk_percent:/", "op": "<", "value": 90}
    return {"name": "disk", "kind": "host", "conditions": [condition]} | changes


def beat(**changes: Any) -> dict[str, Any]:
    """A heartbeat check."""
    return {"name": "beat", "kind": "heartbeat", "with": {"name": "nightly", "interval_seconds": 3600} | changes}


def entry(name: str = "host.disk", **changes: Any) -> dict[str, Any]:
    """An entry without fault."""
    return {
        "id": name,
        "title": {"en": "Disk space", "pt-br": "Espaço em disco"},
        "owner": "A1",
        "severity": "high",
        "checks": [check()],
        "human_action": {"en": "Used: {measured}", "pt-br": "Em uso: {measured}"},
        "runbook": "# Disks\n",
    } | changes


def text(*entries: Mapping[str, Any]) -> str:
    """The file that holds ``entries``."""
    return yaml.safe_dump({"version": 1, "scenarios": list(entries)}, allow_unicode=True, sort_keys=False)


def parsed(*entries: Mapping[str, Any]) -> Registry:
    """The registry of one file that holds ``entries``."""
    return registry_parse([("registry.yaml", text(*entries))], CONFIGURATION)


def problems_of(*texts: str) -> list[str]:
    """What is wrong with files named a.yaml, b.yaml, …; an empty list when nothing is."""
    try:
        registry_parse([(f"{'abc'[index]}.yaml", one) for index, one in enumerate(texts)], CONFIGURATION)
    except RegistryError as error:
        return [str(problem) for problem in error.problems]
    return []


def wrong(*entries: Mapping[str, Any]) -> list[str]:
    """What is wrong with one file that holds ``entries``, without file and line."""
    return [problem.split(": ", 1)[1] for problem in problems_of(text(*entries))]
