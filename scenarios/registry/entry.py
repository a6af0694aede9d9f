"""One entry of a registry: what its form cannot say is checked here, and it becomes a ScenarioSpec."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Any

from scenarios.models import ProbeState
from scenarios.probes.base import CheckSpec, Condition
from scenarios.probes.conditions import condition_problems
from scenarios.probes.kinds import probe_for
from scenarios.registry.document import Document, Path
from scenarios.registry.explain import explained
from scenarios.registry.schema import params_validator
from scenarios.registry.spec import ScenarioSpec
from scenarios.registry.variables import Configuration, has_secret, numbers_read, revealed

ACTION_FIELDS = frozenset({"measured", "expected", "since"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of one file: where it stands, and what it says when nothing is wrong with it."""

    document: Document
    path: Path
    id: str
    institution: str
    parents: tuple[str, ...]
    spec: ScenarioSpec | None


def entry_read(
    document: Document, path: Path, raw: Any, configuration: Configuration, faulty: Container[Path]
) -> Entry | None:
    """Return the entry at ``path``, None when it has not even an id.

    ``faulty`` holds every path at or below which the form is wrong. What is sound is checked
    further, and refused in ``document``; a ``spec`` is made only when all of the entry is sound.
    """
    if not isinstance(raw, Mapping) or not isinstance(raw.get("id"), str):
        return None
    before = len(document.problems)
    if "human_action" in raw and (*path, "human_action") not in faulty:
        _refuse_fields(document, (*path, "human_action"), raw["human_action"])
    checks: list[Any] = raw["checks"] if isinstance(raw.get("checks"), list) else []
    _refuse_same_names(document, (*path, "checks"), checks)
    read = [
        _check(document, below, check, configuration)
        for index, check in enumerate(checks)
        if (below := (*path, "checks", index)) not in faulty
    ]
    parents = raw.get("depends_on", ()) if (*path, "depends_on") not in faulty else ()
    is_sound = path not in faulty and len(document.problems) == before
    spec = _spec(raw, read) if is_sound else None
    return Entry(document, path, raw["id"], str(raw.get("institution", "home")), tuple(parents), spec)


def _spec(raw: Mapping[str, Any], checks: Sequence[tuple[CheckSpec, tuple[str, ...]]]) -> ScenarioSpec:
    return ScenarioSpec(
        id=raw["id"],
        title=raw["title"],
        owner=raw["owner"],
        severity=raw["severity"],
        interval_seconds=raw.get("interval_seconds"),
        down_after=raw.get("down_after", 2),
        up_after=raw.get("up_after", 2),
        depends_on=tuple(raw.get("depends_on", ())),
        institution=raw.get("institution", "home"),
        checks=tuple(check for check, _ in checks),
        runbook=raw["runbook"],
        human_action=raw["human_action"],
        missing=tuple(dict.fromkeys(name for _, unset in checks for name in unset)),
    )


def _refuse_fields(document: Document, path: Path, words: Mapping[str, str]) -> None:
    for language, text in words.items():
        try:
            fields = list(Formatter().parse(text))
        except ValueError:
            document.refuse((*path, language), "a single brace: write {{ or }} for the character itself")
            continue
        for _, name, form, conversion in fields:
            if name is not None and (name not in ACTION_FIELDS or form or conversion):
                document.refuse(
                    (*path, language), f"{{{name}}}: only {{measured}}, {{expected}} and {{since}} can be filled in"
                )


def _refuse_same_names(document: Document, path: Path, checks: Sequence[Any]) -> None:
    seen: set[str] = set()
    for index, check in enumerate(checks):
        name = check.get("name") if isinstance(check, Mapping) else None
        if isinstance(name, str) and name in seen:
            document.refuse((*path, index, "name"), f"{name!r} is already a check of this scenario")
        seen.add(str(name))


def _check(
    document: Document, path: Path, raw: Mapping[str, Any], configuration: Configuration
) -> tuple[CheckSpec, tuple[str, ...]]:
    params, unset = _params(document, path, raw, configuration)
    conditions = []
    for index, written in enumerate(raw.get("conditions", ())):
        condition, missing = _condition(document, (*path, "conditions", index), raw["kind"], written, configuration)
        conditions.append(condition)
        unset += missing
    spec = CheckSpec(
        name=raw["name"],
        kind=raw["kind"],
        params=params,
        conditions=tuple(conditions),
        timeout_seconds=float(raw.get("timeout_seconds", 10)),
        severity=raw.get("severity"),
    )
    return spec, unset


def _params(
    document: Document, path: Path, raw: Mapping[str, Any], configuration: Configuration
) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    below, kind, written = (*path, "with"), raw["kind"], raw.get("with", {})
    if _refuse(document, below, explained(params_validator(kind, filled=False).iter_errors(written))):
        return {}, ()
    if _refuse(document, below, configuration.refusals(written)):
        return {}, ()
    filled, unset = configuration.fill_all(written)
    if unset:
        return filled, unset
    typed = numbers_read(filled, written, probe_for(kind).SCHEMA)
    open_ = revealed(typed)
    if not _refuse(document, below, explained(params_validator(kind, filled=True).iter_errors(open_))):
        for message in probe_for(kind).param_problems(open_):
            document.refuse(below, configuration.hidden(message))
    return typed, ()


def _condition(
    document: Document, path: Path, kind: str, raw: Mapping[str, Any], configuration: Configuration
) -> tuple[Condition, tuple[str, ...]]:
    filled: Any = {"measure": raw["measure"], "value": raw["value"]}
    unset: tuple[str, ...] = ()
    if not _refuse(document, path, configuration.refusals(filled)):
        filled, unset = configuration.fill_all(filled)
    if has_secret(filled):
        document.refuse(path, "a secret cannot be compared with: what is expected is shown to people")
        return Condition(measure="", op=raw["op"], value=None), ()
    otherwise = ProbeState(raw.get("otherwise", ProbeState.DOWN))
    condition = Condition(measure=filled["measure"], op=raw["op"], value=filled["value"], otherwise=otherwise)
    if not unset:
        _refuse(document, path, (((), message) for message in condition_problems(probe_for(kind), condition)))
    return condition, unset


def _refuse(document: Document, path: Path, found: Iterable[tuple[Path, str]]) -> bool:
    """Refuse what was found, below ``path``; return True when there was anything."""
    before = len(document.problems)
    for below, message in found:
        document.refuse((*path, *below), message)
    return len(document.problems) > before
