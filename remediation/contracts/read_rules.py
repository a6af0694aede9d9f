"""Reading the rules: invariants, approvals, separation of duties, policies, mandates, autonomy."""

from collections.abc import Iterator

from opsportal.core.canonical import Json
from remediation.contracts.contract import (
    ApprovalRule,
    AutonomyRule,
    Duty,
    Invariant,
    Mandate,
    Policy,
    Rule,
    Stage,
)
from remediation.contracts.diagnostics import Problems
from remediation.contracts.entries import LABEL, SLUG, named
from remediation.contracts.reader import Reader, integer
from remediation.contracts.syntax import Block, Call, Clause, Listing, Number, Operation, Tagged, Text, Value, Word

SEVERITIES = ("low", "medium", "high", "critical")
DEFAULT_EXPIRES = 86_400
MOST_LEVEL = 4
_RULE_TYPES = (
    ("max", "numeric_max"),
    ("min", "numeric_min"),
    ("max_length", "string_max_len"),
    ("values", "enum_allowlist"),
)


def invariants_read(section: Block, problems: Problems) -> Iterator[Invariant]:
    """Yield the invariants of the section."""
    reader = Reader(section, problems)
    for block in reader.blocks("invariant"):
        entries = Reader(block, problems)
        yield Invariant(
            id=named(block, LABEL, problems),
            applies_to=entries.word("applies_to") or Word("", block.place),
            when=entries.value("when") or Word("always", block.place),
            assertion=entries.value("assert", needed=True) or Word("always", block.place),
            severity=entries.choice("severity", SEVERITIES, "high"),
            message=entries.text("message").text,
        )
        entries.close()
    reader.close()


def approvals_read(section: Block, problems: Problems) -> Iterator[ApprovalRule]:
    """Yield the approval rules of the section, of the old form and the new."""
    reader = Reader(section, problems)
    for block in reader.blocks("rule"):
        entries = Reader(block, problems)
        trigger = _trigger(entries)
        yield ApprovalRule(
            id=named(block, LABEL, problems),
            operations=entries.words("operations", needed=trigger is None),
            trigger=trigger,
            stages=tuple(_stages(entries)),
            expires_seconds=entries.seconds("expires_in", DEFAULT_EXPIRES),
            reason=entries.choice("reason", ("required", "optional"), "optional"),
            quorum_exception=entries.text("quorum_exception", "").text,
        )
        entries.close()
    reader.close()


def _trigger(entries: Reader) -> Text | None:
    value = entries.value("trigger")
    if isinstance(value, Tagged) and value.word.text == "api":
        return value.text
    if value is not None:
        entries.problems.add("VALUE_WRONG", value.place, '`trigger` is an endpoint: api "POST /path"')
    return None


def _stages(entries: Reader) -> Iterator[Stage]:
    blocks = list(entries.blocks("stage"))
    if not blocks:
        place = entries.block.place
        yield Stage(Word("approval", place), entries.words("approver_roles"), _quorum(entries), place)
    for block in blocks:
        stage = Reader(block, entries.problems)
        name = named(block, SLUG, entries.problems)
        yield Stage(name, stage.words("roles"), _quorum(stage), block.place)
        stage.close()


def _quorum(entries: Reader) -> int:
    value = entries.value("quorum", needed=True)
    if isinstance(value, Number):
        return integer(value, entries.problems)
    if value is not None:
        entries.problems.add("VALUE_WRONG", value.place, "`quorum` is a whole number")
    return 1


def duties_read(section: Block, problems: Problems) -> Iterator[Duty]:
    """Yield the rules of separation of duties, of the old form and the new."""
    reader = Reader(section, problems)
    for block in reader.blocks("rule"):
        entries = Reader(block, problems)
        entity = entries.word("on", needed=False)
        if entity:
            _old_duty_check(entries)
            yield Duty(named(block, LABEL, problems), None, entity)
        else:
            step = entries.text("case_step")
            entries.choice("constraint", ("REQUESTER_NEQ_DECIDER",))
            yield Duty(named(block, LABEL, problems), step if step.text else None, None)
        entries.close()
    reader.close()


def _old_duty_check(entries: Reader) -> None:
    """The old form may only say what the engine enforces: who requested does not decide."""
    clause = entries.value("forbid", needed=True)
    entries.choice("severity", SEVERITIES, "critical")
    entries.text("message", "")
    if clause is not None and not (isinstance(clause, Clause) and _is_requester_test(clause.condition)):
        message = "`forbid` is `decide when actor.id == history(request).last_actor` (or `in history(…).actors`)"
        entries.problems.add("SOD_UNKNOWN", clause.place, message)


def _is_requester_test(condition: Value) -> bool:
    if not isinstance(condition, Operation) or len(condition.parts) != 2:
        return False
    left, right = condition.parts
    wanted = {"==": "last_actor", "in": "actors"}.get(condition.operator)
    is_actor = isinstance(left, Word) and left.text == "actor.id"
    return is_actor and isinstance(right, Call) and right.word.text == "history" and right.attribute == wanted


def policies_read(section: Block, problems: Problems) -> Iterator[Policy]:
    """Yield the policies of the section."""
    reader = Reader(section, problems)
    for block in reader.blocks("policy"):
        entries = Reader(block, problems)
        rules = tuple(rule for limit in entries.blocks("rule") for rule in _rules(limit, problems))
        yield Policy(named(block, LABEL, problems), entries.words("operations"), rules)
        entries.close()
    reader.close()


def mandates_read(section: Block, problems: Problems) -> Iterator[Mandate]:
    """Yield the mandates of the section."""
    reader = Reader(section, problems)
    for block in reader.blocks("mandate"):
        entries = Reader(block, problems)
        since, until = entries.instant("valid_from"), entries.instant("valid_until")
        if since is not None and until is not None and since >= until:
            problems.add("VALUE_WRONG", block.place, "`valid_until` is after `valid_from`")
        yield Mandate(
            id=named(block, LABEL, problems),
            operations=entries.words("operations"),
            roles=entries.words("roles"),
            valid_from=since,
            valid_until=until,
            limits=tuple(rule for limit in entries.blocks("limit") for rule in _rules(limit, problems)),
        )
        entries.close()
    reader.close()


def _rules(block: Block, problems: Problems) -> Iterator[Rule]:
    entries = Reader(block, problems)
    if block.name:
        problems.add("BLOCK_UNKNOWN", block.name.place, f"a `{block.keyword.text}` here has no name")
    field = entries.word("field") or Word("", block.place)
    message = entries.text("message").text
    found: list[Rule] = []
    if entries.choice("required", ("true", "false"), "false") == "true":
        found.append(Rule(field, "required_field", True, message))
    for key, kind in _RULE_TYPES:
        value = entries.value(key)
        if value is not None:
            found.append(Rule(field, kind, _limit(key, value, problems), message))
    if not found:
        known = ", ".join(["required", *(key for key, _ in _RULE_TYPES)])
        problems.add("KEY_MISSING", block.place, f"a `{block.keyword.text}` needs one of {known}")
    entries.close()
    yield from found


def _limit(key: str, value: Value, problems: Problems) -> Json:
    match value:
        case Number() if key != "values":
            return integer(value, problems)
        case Listing(items=items) if key == "values" and items:
            if all(isinstance(item, Text) for item in items):
                return [item.text for item in items if isinstance(item, Text)]
            if all(isinstance(item, Number) for item in items):
                return [integer(item, problems) for item in items if isinstance(item, Number)]
    wanted = 'a list of texts or of whole numbers: ["a", "b"]' if key == "values" else "a whole number"
    problems.add("VALUE_WRONG", value.place, f"`{key}` is {wanted}")
    return 0


def autonomy_read(section: Block, problems: Problems) -> tuple[int, tuple[AutonomyRule, ...]]:
    """Return the level that a department starts with, and the rules of the section."""
    reader = Reader(section, problems)
    level = reader.integer("current_level", 0, MOST_LEVEL)
    rules = []
    for block in reader.blocks("rule"):
        entries = Reader(block, problems)
        name = named(block, LABEL, problems)
        rules.append(AutonomyRule(name, entries.words("operations"), entries.integer("required_level", 0, MOST_LEVEL)))
        entries.close()
    reader.close()
    return level, tuple(rules)
