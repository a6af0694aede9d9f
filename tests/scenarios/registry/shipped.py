"""The registry that comes with the portal, configured for a lab, and looked at for real."""

import json
from collections.abc import Mapping
from typing import Any

import yaml

from opsportal.core.secret import Secret
from opsportal.settings.base import BASE_DIR, REGISTRY_SECRETS, REGISTRY_VARIABLES
from scenarios.probes.base import Look
from scenarios.probes.running import looks_sync
from scenarios.registry.parse import registry_parse
from scenarios.registry.spec import Registry
from scenarios.registry.variables import Configuration
from tests.scenarios.probes.looking import context_of

PATH = BASE_DIR / "scenarios" / "registry.yaml"
NINE = (
    "desk.api.health",
    "funnel.stuck.onboarding",
    "integration.webhook.gap",
    "ollama.vm123.health",
    "pfsense.api.system",
    "proxmox.cluster",
    "vm123.finance.stack",
    "vm123.openpanel.bridge",
    "wizard.vm112.bundle",
)


def payload(name: str) -> Any:
    """A recorded answer of a product."""
    return json.loads((BASE_DIR / "tests" / "lab" / "payloads" / f"{name}.json").read_text(encoding="utf-8"))


def configuration(*, databases: frozenset[str] = frozenset(), **values: str) -> Configuration:
    """Only ``values`` are set; they may be variables or secrets."""
    defaults = {"AGENTIC_LLM_MODEL", "AGENTIC_EMBED_MODEL", "OPENPANEL_BRIDGE_PATH", "OPSPORTAL_DATA_DIR"}
    kept = {name: value if name in defaults else "" for name, value in REGISTRY_VARIABLES.items()}
    variables = {name: values.get(name, value) for name, value in kept.items()}
    secrets = {name: Secret(values.get(name, "")) for name in REGISTRY_SECRETS}
    assert set(values) <= {*variables, *secrets}
    return Configuration(variables, secrets, databases)


def shipped(settings: Configuration) -> Registry:
    """The registry as it comes, with ``settings``."""
    return registry_parse([(PATH.name, PATH.read_text(encoding="utf-8"))], settings)


def spec029_text() -> str:
    """A registry file that holds the nine scenarios of Spec 029 and nothing else."""
    document = yaml.safe_load(PATH.read_text(encoding="utf-8"))
    kept = [entry for entry in document["scenarios"] if entry["id"] in NINE]
    for entry in kept:
        entry.pop("depends_on", None)
    return yaml.safe_dump({"version": 1, "scenarios": kept}, allow_unicode=True, sort_keys=False)


def looks(name: str, settings: Configuration, **knowledge: Any) -> Mapping[str, Look]:
    """Look with every check of the scenario ``name``; results by the name of the check."""
    spec = shipped(settings).scenarios[name]
    assert spec.missing == ()
    seen = looks_sync(spec.checks, context_of(**knowledge), deadline_seconds=30)
    return {check.name: look for check, look in zip(spec.checks, seen, strict=True)}


def verdicts(name: str, settings: Configuration, **knowledge: Any) -> dict[str, tuple[str, str]]:
    """State and reason of every check of the scenario ``name``."""
    return {check: (str(look.state), str(look.reason)) for check, look in looks(name, settings, **knowledge).items()}
