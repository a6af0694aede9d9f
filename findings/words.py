"""The text of a finding: what it is called, what was seen, and what to do, without any model (T0)."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from agents.models import Severity
from findings.models import Finding
from opsportal.core.canonical import digest
from opsportal.core.words import spoken
from scenarios.models import ProbeState
from scenarios.probes.base import CheckSpec, Look
from scenarios.registry import ScenarioSpec, registry_active

_SEVERITIES = list(Severity.values)


def fingerprint_fields(scenario: str, check: str) -> dict[str, str]:
    """Return the fields that make two sightings the same problem; the finding's page shows them."""
    return {"check": check, "scenario": scenario}


def fingerprint_of(scenario: str, check: str) -> str:
    """Return the SHA-256 over the canonical ``fingerprint_fields``, in hex."""
    return digest(fingerprint_fields(scenario, check))


def title_of(spec: ScenarioSpec, check: CheckSpec) -> str:
    """Return the scenario's title, with the check's name when it has several."""
    title = spec.title["en"]
    return f"{title}: {check.name}" if len(spec.checks) > 1 else title


def titles_in(findings: Iterable[Finding]) -> dict[int, str]:
    """Return what each finding (by pk) is called in the language of the reader.

    The registry has the words; a finding of an entry that it no longer holds keeps the title it was given.
    """
    specs = registry_active().scenarios
    return {finding.pk: _title_local(finding, specs.get(finding.scenario.name)) for finding in findings}


def _title_local(finding: Finding, spec: ScenarioSpec | None) -> str:
    if spec is None:
        return finding.title
    title = spoken(spec.title)
    return f"{title}: {finding.check_name}" if len(spec.checks) > 1 else title


def severity_of(spec: ScenarioSpec, check: CheckSpec, state: str) -> str:
    """Return how bad it is: as the registry says when down, a step less when degraded, at most medium when blind."""
    rank = _SEVERITIES.index(check.severity or spec.severity)
    if state == ProbeState.DEGRADED:
        rank = max(rank - 1, 0)
    elif state == ProbeState.UNKNOWN:
        rank = min(rank, _SEVERITIES.index(Severity.MEDIUM))
    return str(_SEVERITIES[rank])


def is_worse(severity: str, than: str) -> bool:
    """True when ``severity`` is above ``than``."""
    return _SEVERITIES.index(severity) > _SEVERITIES.index(than)


def described(values: Mapping[str, Any]) -> str:
    """Return measured or expected values as one line of text; an empty mapping is a dash."""
    return ", ".join(f"{name} {_plain(value)}" for name, value in values.items()) or "–"


def reason_words(reason: str) -> str:
    """Return a reason as words: ``condition_failed`` is *condition failed*."""
    return reason.replace("_", " ")


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def human_action_of(spec: ScenarioSpec, look: Look, *, since: datetime) -> dict[str, str]:
    """Return what to do, per language, filled with what was measured, expected, and since when."""
    facts = {
        "measured": described(look.measured) if look.measured else reason_words(look.reason),
        "expected": described(look.expected),
        "since": since.strftime("%Y-%m-%d %H:%M UTC"),
    }
    return {language: text.format_map(facts) for language, text in spec.human_action.items()}


def evidence_of(look: Look, *, at: datetime, run: str) -> dict[str, Any]:
    """Return what a finding keeps of the look that opened it."""
    return {
        "measured": dict(look.measured),
        "expected": dict(look.expected),
        "at": at.isoformat(),
        "ms": look.duration_ms,
        "run": run,
    }
