"""What a contract must say before anything may act on it: who agrees, who differs, what is tried first."""

import re

from remediation.contracts.contract import ApprovalRule, Contract, Endpoint
from remediation.contracts.diagnostics import Problems
from remediation.contracts.read_workflows import MOST_QUORUM

CHANGING = ("R2", "R3")
_PATH = re.compile(r"(/[A-Za-z0-9_.~-]+|/\{[a-z][a-z0-9_]*\})+")


def safety_check(contract: Contract, problems: Problems) -> None:
    """Note every operation that could act without the people, the mandate or the proof that it needs."""
    for end in contract.endpoints:
        _approval_check(end, contract, problems)
        _path_check(end, contract, problems)
        _reach_check(end, contract, problems)
    for rule in contract.approval_rules:
        _quorum_check(rule, problems)
    _autonomy_check(contract, problems)
    _separation_check(contract, problems)
    _humans_check(contract, problems)


def _approval_check(end: Endpoint, contract: Contract, problems: Problems) -> None:
    name, place = end.name.text, end.name.place
    rules = contract.approvals_of.get(name, [])
    if len(rules) > 1:
        also = " and ".join(f"`{rule.id.text}`" for rule in rules)
        problems.add("APPROVAL_TWICE", rules[1].id.place, f"`{name}` is covered by {also}: one rule must decide")
    if end.risk in CHANGING:
        if not rules:
            problems.add("APPROVAL_MISSING", place, f"`{name}` is {end.risk} and no approval rule covers it")
        if end.idempotency != "required":
            problems.add("IDEMPOTENCY_MISSING", place, f"`{name}` is {end.risk} and needs `idempotency: required`")
    if end.risk == "R3":
        _destructive_check(end, rules, problems)


def _destructive_check(end: Endpoint, rules: list[ApprovalRule], problems: Problems) -> None:
    name, place = end.name.text, end.name.place
    if end.dry_run != "required":
        problems.add("DRY_RUN_MISSING", place, f"`{name}` is R3 and needs `dry_run: required`")
    if end.reason != "required":
        problems.add("REASON_MISSING", place, f"`{name}` is R3 and needs `reason: required`")
    for rule in rules:
        quorum = sum(stage.quorum for stage in rule.stages)
        if quorum < 2 and not rule.quorum_exception:
            message = f"`{name}` is R3 and `{rule.id.text}` asks one person; ask two, or say why in `quorum_exception`"
            problems.add("QUORUM_TOO_SMALL", rule.id.place, message)


def _quorum_check(rule: ApprovalRule, problems: Problems) -> None:
    for stage in rule.stages:
        if not 1 <= stage.quorum <= MOST_QUORUM:
            message = f"the quorum of `{stage.id.text}` is {stage.quorum}; it is from 1 to {MOST_QUORUM}"
            problems.add("QUORUM_IMPOSSIBLE", stage.place, message)


def _path_check(end: Endpoint, contract: Contract, problems: Problems) -> None:
    path, place = end.path.text, end.path.place
    if not path:
        return
    if not _PATH.fullmatch(path):
        message = f"`{path[:80]}` is no path: /words/{{parameter}}, without a slash at its end"
        problems.add("PATH_WRONG", place, message)
        return
    entity = contract.entity(end.request)
    for name in re.findall(r"\{(\w+)\}", path):
        field = entity.field(name) if entity else None
        if field is None or not field.is_required:
            problems.add("PATH_WRONG", place, f"`{{{name}}}` is no required field of what `{end.name.text}` carries")


def _reach_check(end: Endpoint, contract: Contract, problems: Problems) -> None:
    name, permission, place = end.name.text, end.permission.text, end.name.place
    holders, mandated = contract.holders_of.get(permission, set()), contract.mandated.get(name, set())
    if not mandated:
        problems.add("MANDATE_MISSING", place, f"no mandate covers `{name}`")
    elif holders and not holders & mandated:
        message = f"nobody may do `{name}`: no mandate for it names a role that holds `{permission}`"
        problems.add("OPERATION_UNREACHABLE", place, message)
    if not holders and permission:
        problems.add("OPERATION_UNREACHABLE", place, f"nobody may do `{name}`: no actor holds `{permission}`")


def _autonomy_check(contract: Contract, problems: Problems) -> None:
    ruled = {word.text for rule in contract.autonomy for word in rule.operations}
    for end in contract.endpoints:
        if end.name.text not in ruled:
            message = f"no autonomy rule says from which level agents do `{end.name.text}`"
            problems.add("AUTONOMY_MISSING", end.name.place, message)


def _separation_check(contract: Contract, problems: Problems) -> None:
    separated = {name for duty in contract.duties for name in contract.rules_of(duty)}
    for rule in contract.approval_rules:
        if rule.id.text and rule.id.text not in separated:
            message = f"no rule of separation_of_duties has the step `APPROVAL:{rule.id.text}`"
            problems.add("SOD_MISSING", rule.id.place, message)


def _humans_check(contract: Contract, problems: Problems) -> None:
    machines = {actor.id.text: actor for actor in contract.actors if actor.kind != "human"}
    deciding = {end.permission.text for end in contract.endpoints if end.kind == "approval"}
    for actor in machines.values():
        for word in actor.permissions:
            if word.text in deciding:
                message = f"`{actor.id.text}` is a {actor.kind} actor and cannot decide on approvals"
                problems.add("APPROVAL_BY_MACHINE", word.place, message)
    for word in (word for group in contract.deciding for word in group.roles):
        if word.text in machines:
            kind = machines[word.text].kind
            problems.add(
                "APPROVER_NOT_HUMAN", word.place, f"`{word.text}` is a {kind} actor: people agree, nobody else"
            )
