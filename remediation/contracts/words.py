"""The rules of a bundle in plain sentences, made from its artifacts alone: what people read is what the engine reads."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

Value: TypeAlias = str | int | tuple[str, ...]
_DAY = 86_400
_UNITS = ((604_800, "week"), (_DAY, "day"), (3600, "hour"), (60, "minute"), (1, "second"))

# Message key to English; another language needs the same keys. The names in braces are the values of a sentence.
ENGLISH: Mapping[str, str] = {
    "may": "{role} may ask for: {operations}.",
    "may_nothing": "{role} may ask for nothing.",
    "otherwise": "What is not said here is denied.",
    "no_approval": "Done without anybody's approval: {operations}.",
    "approval": "{operations}: {quorum} of {roles} must agree first.",
    "approval_stage": "{operations}: in step {number} ({stage}), {quorum} of {roles} must agree.",
    "approval_expires": "{operations}: nobody's approval is waited for longer than {seconds}.",
    "approval_apart": "{operations}: whoever asked does not decide, and nobody decides twice.",
    "dry_run": "Tried without effect first: {operations}.",
    "reason": "Only with a reason: {operations}.",
    "irreversible": "Can't be undone: {operations}.",
    "invariant": "{operations}: {message}",
    "limit": "{operations}: {message}",
    "mandate_limit": "{roles}, {operations}: {message}",
    "mandate_from": "{roles}, {operations}: from {since} on.",
    "mandate_until": "{roles}, {operations}: until {until}.",
    "budget": "{operations}: at most {limit} in {seconds}.",
    "breaker": "{operations}: stopped after {failures} failures in {seconds}.",
    "window": "{operations}: not on {days} from {since} to {until} ({timezone}). {message}",
    "autonomy_level": "An agent of this department begins at level {level} of 4.",
    "autonomy": "An agent does by itself from level {level} on: {operations}.",
    "emergency": "In an emergency ({clause}), {roles} may have done at once: {operations}. Reviewed within {seconds}.",
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """One rule. ``section`` groups them on a page; ``key`` and ``values`` are for translation, ``english`` is ready."""

    section: str  # who, approval, duties, limits, windows, autonomy, emergency
    key: str
    values: Mapping[str, Value]
    english: str


def rules_in_words(artifacts: Mapping[str, str]) -> list[Sentence]:
    """Return what a bundle says, sentence by sentence: who may do what, who must agree, what holds back."""
    return list(_Speaker(artifacts).sentences())


def duration_words(seconds: int) -> str:
    """Return ``3 days`` for 259200: the largest unit that goes into it without a rest."""
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    count = seconds // size
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


class _Speaker:
    def __init__(self, artifacts: Mapping[str, str]) -> None:
        names = ("operations", "policies", "mandates", "autonomy", "approvals", "sod", "invariants")
        self.parts: dict[str, Any] = {name: json.loads(artifacts[f"{name}.json"]) for name in names}
        self.actors: list[dict[str, Any]] = json.loads(artifacts["source.ir.json"])["actors"]
        self.operations: list[dict[str, Any]] = self.parts["operations"]["operations"]
        self.titles = {operation["name"]: operation["title"] for operation in self.operations}
        self.roles = {actor["id"]: actor["name"] or actor["id"] for actor in self.actors}

    def say(self, section: str, key: str, **values: Value) -> Sentence:
        shown = {name: self.shown(name, value) for name, value in values.items()}
        return Sentence(section, key, values, ENGLISH[key].format(**shown))

    def shown(self, name: str, value: Value) -> str:
        """How a value reads in English. In ``values`` it stays as it is: names, numbers, seconds."""
        if name == "operations" and isinstance(value, tuple):
            return ", ".join(self.titles[item] for item in value)
        if name in {"roles", "role"}:
            found = [self.roles[item] for item in (value if isinstance(value, tuple) else (str(value),))]
            return " or ".join(found)
        if name == "seconds" and isinstance(value, int):
            return duration_words(value)
        return ", ".join(value) if isinstance(value, tuple) else str(value)

    def sentences(self) -> Iterator[Sentence]:
        yield from self.who()
        yield from self.approvals()
        yield from self.duties()
        yield from self.limits()
        yield from self.windows()
        yield from self.autonomy()
        for clause in self.parts["approvals"]["emergencies"]:
            yield self.say(
                "emergency",
                "emergency",
                clause=clause["id"],
                roles=tuple(clause["roles"]),
                operations=tuple(clause["operations"]),
                seconds=clause["review_seconds"],
            )

    def who(self) -> Iterator[Sentence]:
        mandates = self.parts["mandates"]["mandates"]
        for actor in self.actors:
            role = actor["id"]
            covered = {name for mandate in mandates if role in mandate["roles"] for name in mandate["operations"]}
            held = [item for item in self.operations if item["permission"] in actor["permissions"]]
            may = tuple(item["name"] for item in held if item["name"] in covered)
            yield (
                self.say("who", "may", role=role, operations=may) if may else self.say("who", "may_nothing", role=role)
            )
        yield self.say("who", "otherwise")

    def approvals(self) -> Iterator[Sentence]:
        separated = {rule["step"].removeprefix("APPROVAL:") for rule in self.parts["sod"]["rules"]}
        rules = self.parts["approvals"]["rules"]
        covered = {name for rule in rules for name in rule["operations"]}
        for rule in rules:
            operations = tuple(rule["operations"])
            yield from self.stages(rule, operations)
            yield self.say("approval", "approval_expires", operations=operations, seconds=rule["expires_seconds"])
            if rule["id"] in separated:
                yield self.say("approval", "approval_apart", operations=operations)
        jobs = [item["name"] for item in self.operations if item["kind"] == "job.request"]
        free = tuple(name for name in jobs if name not in covered)
        if free:
            yield self.say("approval", "no_approval", operations=free)

    def stages(self, rule: dict[str, Any], operations: tuple[str, ...]) -> Iterator[Sentence]:
        for number, stage in enumerate(rule["stages"], 1):
            values: dict[str, Value] = {
                "operations": operations,
                "quorum": stage["quorum"],
                "roles": tuple(stage["roles"]),
            }
            if len(rule["stages"]) == 1:
                yield self.say("approval", "approval", **values)
            else:
                yield self.say("approval", "approval_stage", number=number, stage=stage["id"], **values)

    def duties(self) -> Iterator[Sentence]:
        rules = self.parts["approvals"]["rules"]
        asked = {name for rule in rules if rule["reason"] == "required" for name in rule["operations"]}
        asked |= {item["name"] for item in self.operations if item["reason"] == "required"}
        kinds = {
            "dry_run": {item["name"] for item in self.operations if item["dry_run"] == "required"},
            "reason": asked,
            "irreversible": {item["name"] for item in self.operations if _is_final(item)},
        }
        for key, names in kinds.items():
            if names:
                yield self.say("duties", key, operations=tuple(name for name in self.titles if name in names))
        for invariant in self.parts["invariants"]["invariants"]:
            operations = (invariant["applies_to"],)
            yield self.say("duties", "invariant", operations=operations, message=invariant["message"])

    def limits(self) -> Iterator[Sentence]:
        for policy in self.parts["policies"]["policies"]:
            for rule in policy["rules"]:
                operations = tuple(policy["operations"])
                yield self.say("limits", "limit", operations=operations, message=rule["message"])
        for mandate in self.parts["mandates"]["mandates"]:
            yield from self.mandate(mandate)
        for budget in self.parts["policies"]["budgets"]:
            values: dict[str, Value] = {"operations": tuple(budget["operations"]), "seconds": budget["seconds"]}
            yield self.say("limits", "budget", limit=budget["limit"], **values)
            if budget["breaker_failures"] is not None:
                yield self.say("limits", "breaker", failures=budget["breaker_failures"], **values)

    def mandate(self, mandate: dict[str, Any]) -> Iterator[Sentence]:
        values: dict[str, Value] = {"operations": tuple(mandate["operations"]), "roles": tuple(mandate["roles"])}
        if mandate["valid_from"] is not None:
            yield self.say("limits", "mandate_from", since=_date(mandate["valid_from"]), **values)
        if mandate["valid_until"] is not None:
            yield self.say("limits", "mandate_until", until=_date(mandate["valid_until"]), **values)
        for rule in mandate["limits"]:
            yield self.say("limits", "mandate_limit", message=rule["message"], **values)

    def windows(self) -> Iterator[Sentence]:
        for window in self.parts["policies"]["windows"]:
            yield self.say(
                "windows",
                "window",
                operations=tuple(window["operations"]),
                days=tuple(window["days"]),
                since=_clock(window["from_minute"]),
                until=_clock(window["until_minute"]),
                timezone=window["timezone"],
                message=window["message"],
            )

    def autonomy(self) -> Iterator[Sentence]:
        yield self.say("autonomy", "autonomy_level", level=self.parts["autonomy"]["current_level"])
        levels: dict[int, list[str]] = {}
        for rule in self.parts["autonomy"]["rules"]:
            levels.setdefault(rule["required_level"], []).append(rule["operation"])
        for level in sorted(levels):
            yield self.say("autonomy", "autonomy", level=level, operations=tuple(dict.fromkeys(levels[level])))


def _is_final(operation: dict[str, Any]) -> bool:
    return operation["kind"] == "job.request" and operation["risk"] != "R0" and not operation["reversible"]


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _date(seconds: int) -> str:
    """The instant as people write it, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
