"""What a bundle lets every role do, as a table, so that two releases can be compared before one becomes active."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class StageRow:
    """One stage of an approval: how many people of which roles."""

    id: str
    roles: tuple[str, ...]
    quorum: int


@dataclass(frozen=True, slots=True)
class Row:
    """What holds when ``role`` asks for ``operation``. Without permission or mandate the rest only tells what would."""

    role: str
    operation: str
    has_permission: bool
    has_mandate: bool
    risk: str
    dry_run: str
    needs_reason: bool
    stages: tuple[StageRow, ...]
    required_level: int | None  # None: an agent may never do it

    @property
    def is_allowed(self) -> bool:
        """Whether the role may ask for it at all."""
        return self.has_permission and self.has_mandate

    @property
    def votes(self) -> int:
        """How many people must agree."""
        return sum(stage.quorum for stage in self.stages)


@dataclass(frozen=True, slots=True)
class RowChange:
    """A line that differs between two tables; None on the side where it is not there."""

    role: str
    operation: str
    before: Row | None
    after: Row | None

    @property
    def widens(self) -> bool:
        """Whether more can happen, or with fewer people or less proof, than before."""
        before, after = self.before, self.after
        if after is None or not after.is_allowed:
            return False
        if before is None or not before.is_allowed:
            return True
        return (
            after.votes < before.votes
            or bool(before.stages and _roles(after) - _roles(before))
            or (before.dry_run == "required") > (after.dry_run == "required")
            or before.needs_reason > after.needs_reason
            or _level(after) < _level(before)
        )


def decision_table(artifacts: Mapping[str, str]) -> tuple[Row, ...]:
    """Return a line for every role and operation of a bundle, in the order of the contract."""
    parts = {name: _read(artifacts, name) for name in ("operations", "rbac", "mandates", "autonomy", "approvals")}
    return tuple(
        _row(actor, operation, parts)
        for actor in parts["rbac"]["actors"]
        for operation in parts["operations"]["operations"]
    )


def table_diff(before: tuple[Row, ...], after: tuple[Row, ...]) -> tuple[RowChange, ...]:
    """Return the lines that differ, those of ``after`` first, in their order."""
    old = {(row.role, row.operation): row for row in before}
    new = {(row.role, row.operation): row for row in after}
    return tuple(_changes(old, new))


def _changes(old: Mapping[tuple[str, str], Row], new: Mapping[tuple[str, str], Row]) -> Iterator[RowChange]:
    for key in dict.fromkeys((*new, *old)):
        if old.get(key) != new.get(key):
            yield RowChange(*key, old.get(key), new.get(key))


def _read(artifacts: Mapping[str, str], name: str) -> dict[str, Any]:  # JSON that we wrote ourselves
    return dict(json.loads(artifacts[f"{name}.json"]))


def _row(actor: dict[str, Any], operation: dict[str, Any], parts: Mapping[str, dict[str, Any]]) -> Row:
    name, role = operation["name"], actor["id"]
    rules = [rule for rule in parts["approvals"]["rules"] if name in rule["operations"]]
    levels = [rule["required_level"] for rule in parts["autonomy"]["rules"] if rule["operation"] == name]
    return Row(
        role=role,
        operation=name,
        has_permission=operation["permission"] in actor["permissions"],
        has_mandate=any(
            name in mandate["operations"] and role in mandate["roles"] for mandate in parts["mandates"]["mandates"]
        ),
        risk=operation["risk"],
        dry_run=operation["dry_run"],
        needs_reason="required" in {operation["reason"], *(rule["reason"] for rule in rules)},
        stages=tuple(
            StageRow(stage["id"], tuple(stage["roles"]), stage["quorum"]) for rule in rules for stage in rule["stages"]
        ),
        required_level=max(levels, default=None),
    )


def _roles(row: Row) -> set[str]:
    return {role for stage in row.stages for role in stage.roles}


def _level(row: Row) -> int:
    return 99 if row.required_level is None else row.required_level
