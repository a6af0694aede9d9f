"""One entry of a registry: what its form cannot say is checked here, and it becomes a ScenarioSpec."""

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Any

from opsportal.core.secret import Secret, revealed
from scenarios.models import ProbeState
from scenarios.probes.base import CheckSpec, Condition, JsonSchema
from scenarios.probes.conditions import ORDERING, condition_problems
from scenarios.probes.kinds import probe_for
from scenarios.registry.document import Document, Path
from scenarios.registry.explain import explained
from scenarios.registry.schema import params_validator
from scenarios.registry.spec import ScenarioSpec
from scenarios.registry.variables import Configuration, database_setting, has_secret, numbers_read

MOST_ITEMS = 50
LONGEST_WITH_ITEM = 19  # and a hyphen and an item of 20: a check's name has room for 40
_ITEM = re.compile(r"[a-z0-9]([a-z0-9._-]{0,18}[a-z0-9])?")
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
        found
        for index, check in enumerate(checks)
        if (below := (*path, "checks", index)) not in faulty
        for found in _checks(document, below, check, configuration)
    ]
    _refuse_same_items(document, (*path, "checks"), checks, [check.name for check, _ in read])
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


def _refuse_same_items(document: Document, path: Path, checks: Sequence[Any], names: Sequence[str]) -> None:
    """Refuse a name that only came twice by adding items: ``port-22`` beside ``port`` for each of 22 and 25."""
    written = [check.get("name") for check in checks if isinstance(check, Mapping)]
    for name in sorted({name for name in names if names.count(name) > 1 and written.count(name) < 2}):
        document.refuse(path, f"{name!r} would be the name of two checks")


def _checks(
    document: Document, path: Path, raw: Mapping[str, Any], configuration: Configuration
) -> list[tuple[CheckSpec, tuple[str, ...]]]:
    """Read one check, or one for each item of its ``each``, named after the item."""
    if "each" not in raw:
        return [_check(document, path, raw, configuration)]
    if len(raw["name"]) > LONGEST_WITH_ITEM:
        document.refuse((*path, "name"), f"must not be longer than {LONGEST_WITH_ITEM} characters before an item")
    if _refuse(document, (*path, "each"), configuration.refusals(raw["each"])):
        return []
    text, unset = configuration.fill(raw["each"])
    if isinstance(text, Secret):
        document.refuse((*path, "each"), "a secret cannot be a list of items")
        return []
    if unset:
        check, more = _check(document, path, raw, configuration.with_each("0"))
        return [(check, unset + more)]
    items = list(dict.fromkeys(item.strip() for item in text.split(",") if item.strip()))
    if why := _items_problem(items):
        document.refuse((*path, "each"), why)
        return []
    return [
        _check(document, path, {**raw, "name": f"{raw['name']}-{item}"}, configuration.with_each(item))
        for item in items
    ]


def _items_problem(items: Sequence[str]) -> str:
    if not 1 <= len(items) <= MOST_ITEMS:
        return f"must be 1 to {MOST_ITEMS} items with commas between"
    if not all(_ITEM.fullmatch(item) for item in items):
        return "an item is at most 20 of a to z, 0 to 9, . _ -"
    return ""


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
    probe = probe_for(kind)
    if _refuse(document, below, configuration.refusals(written)):
        return {}, ()
    filled, unset = configuration.fill_all(written)
    unset += _database_unset(filled, probe.SCHEMA, configuration)
    typed = written if unset else numbers_read(filled, written, probe.SCHEMA)
    clear = revealed(typed)
    if not _refuse(document, below, explained(params_validator(kind, filled=not unset).iter_errors(clear))):
        _refuse(document, below, _secrets_shown(filled, probe.SCHEMA))
        for message in () if unset else probe.param_problems(clear):
            document.refuse(below, configuration.hidden(message))
    return typed, unset


def _database_unset(params: Mapping[str, Any], schema: JsonSchema, configuration: Configuration) -> tuple[str, ...]:
    """The name of the setting that is wanting when a check names a database that is not set."""
    name = params.get("database") if "database" in schema.get("properties", {}) else None
    return () if name is None or name in configuration.databases else (database_setting(str(name)),)


def _secrets_shown(params: Mapping[str, Any], schema: JsonSchema) -> Iterator[tuple[Path, str]]:
    """Secrets may only stand in what a probe sends and never shows: its schema calls that ``writeOnly``."""
    for key, value in params.items():
        if has_secret(value) and not schema["properties"][key].get("writeOnly"):
            yield (key,), "a secret cannot stand here: this is shown to people"


def _condition(
    document: Document, path: Path, kind: str, raw: Mapping[str, Any], configuration: Configuration
) -> tuple[Condition, tuple[str, ...]]:
    filled: Any = {"measure": raw["measure"], "value": raw["value"]}
    unset: tuple[str, ...] = ()
    if not _refuse(document, path, configuration.refusals(filled)):
        filled, unset = configuration.fill_all(filled)
        filled = numbers_read(
            filled, raw, {"properties": {"value": {"type": "number"}}} if raw["op"] in ORDERING else {}
        )
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
