"""What a contract may not say. Each case spoils one place of a contract that is right."""

import pytest

from remediation.contracts.compile import contract_compile
from remediation.contracts.diagnostics import CODES
from tests.remediation.contracts.texts import DESK, desk_with, diagnostics_of, line_of

# code: what is replaced, by what, and a part of the line that is pointed at (default: the replacement itself)
SPOILT: list[tuple[str, str, str, str]] = [
    ("SECTION_UNKNOWN", "budgets {", "bugdets {", ""),
    ("SECTION_MISSING", DESK[: DESK.index("actors {")], "", ""),
    ("BLOCK_UNKNOWN", "  budget restarts {", "  budgets restarts {", ""),
    ("BLOCK_UNKNOWN", "  budget restarts {", "  budget {", ""),
    ("BLOCK_UNKNOWN", "  budget restarts {", "  budget restarts on Host {", ""),
    ("BLOCK_UNKNOWN", "workflow life on Service {", "workflow life {", ""),
    ("BLOCK_UNKNOWN", "    breaker: 3", "    breaker: 3\n    initial", "    initial"),
    ("BLOCK_UNKNOWN", "    limit: 10", "    limit: 10\n    field x: int", "    field x: int"),
    ("BLOCK_UNKNOWN", "    rule {\n", "    rule x {\n", ""),
    ("BLOCK_UNKNOWN", "budgets {", "budgets all {", ""),
    ("KEY_UNKNOWN", "breaker: 3", "braker: 3", ""),
    ("KEY_UNKNOWN", "{kind: read}", "{kind: read, table: x}", ""),
    ("KEY_MISSING", "    limit: 10\n", "", "budget restarts"),
    ("KEY_MISSING", "      max: 3\n      min: 1\n", "", "    rule {\n      field: params.tries"),
    ("KEY_TWICE", "    limit: 10", "    limit: 10\n    limit: 11", "    limit: 11"),
    ("KEY_TWICE", "max_length(40)", "max_length(40) max_length(41)", ""),
    ("VALUE_WRONG", "    limit: 10", "    limit: 0", ""),
    ("VALUE_WRONG", "    limit: 10", '    limit: "10"', ""),
    ("VALUE_WRONG", "    limit: 10", "    limit: 99999999999999999999999", ""),
    ("VALUE_WRONG", "    limit: 10", "    limit: {a: b}", ""),
    ("VALUE_WRONG", "tries: int", "tries: number", ""),
    ("VALUE_WRONG", "risk: R2", "risk: R4", ""),
    ("VALUE_WRONG", "bind: {kind: read}", "bind: read", ""),
    ("VALUE_WRONG", "days: [sun, mon]", "days: [sun, monday]", ""),
    ("VALUE_WRONG", "from: 22:00", "from: 24:00", ""),
    ("VALUE_WRONG", "valid_from: 2026-01-01", "valid_from: 2026-02-30", ""),
    ("VALUE_WRONG", "valid_from: 2026-01-01", "valid_from: 2028-01-01", "mandate act"),
    ("VALUE_WRONG", 'trigger: api "POST', 'trigger: web "POST', ""),
    ("VALUE_WRONG", 'values: ["soft", "hard"]', 'values: ["soft", 1]', ""),
    ("VALUE_WRONG", "effects: [set_state(down)", "effects: [run(down)", ""),
    ("VALUE_WRONG", "domain: desk", 'domain: "desk"', ""),
    ("NAME_WRONG", "human chief", "human Chief", ""),
    ("NAME_WRONG", "endpoint host.wipe", "endpoint host.Wipe", ""),
    ("NAME_WRONG", "domain: desk", "domain: my.desk", ""),
    ("NAME_WRONG", 'name: "desk"', 'name: "the desk"', ""),
    ("NAME_WRONG", "budget restarts", f"budget {'r' * 81}", ""),
    ("NAME_TWICE", "roles: [chief, clerk, robot]", "roles: [chief, clerk, chief]", ""),
    ("NAME_TWICE", "human clerk", "human chief", ""),
    ("NAME_TWICE", "stage sign", "stage look", ""),
    ("NAME_TWICE", "field tries", "field name", ""),
    ("NAME_TWICE", "rule wipe_apart", "rule restart_apart", ""),
    ("NAME_TWICE", 'path: "/desk/hosts/wipe"', 'path: "/desk/services/{name}/restart"', ""),
    ("NAME_TWICE", "  api {\n", "  api {}\n  api {\n", "  api {\n"),
    ("NAME_TWICE", "budgets {", "freeze {}\nbudgets {", "freeze {}"),
    ("VERSION_WRONG", '"1.2.3"', '"1.2"', ""),
    ("VERSION_WRONG", '"1.2.3"', '"01.2.3"', ""),
    ("DURATION_WRONG", "per: 1h", "per: 1y", ""),
    ("DURATION_WRONG", "per: 1h", "per: 0h", ""),
    ("DURATION_WRONG", "per: 1h", "per: 400d", ""),
    ("DURATION_WRONG", "expires_in: 2h", "expires_in: 2", ""),
    ("TIMEZONE_UNKNOWN", "America/Sao_Paulo", "America/Atlantis", ""),
    ("TIMEZONE_UNKNOWN", "America/Sao_Paulo", "../../etc/passwd", ""),
    ("TIMEZONE_UNKNOWN", "America/Sao_Paulo", "", ""),
    ("PATTERN_WRONG", '"[a-z-]+"', '"(?!x)[a-z]"', ""),
    ("PATTERN_WRONG", '"[a-z-]+"', '"("', ""),
    ("ENTITY_UNKNOWN", "request: Host\n", "request: Hast\n", ""),
    ("ENTITY_UNKNOWN", "workflow life on Service", "workflow life on Nothing", ""),
    ("ENTITY_UNKNOWN", "on: Host", "on: Hast", ""),
    ("ROLE_UNKNOWN", "roles: [clerk]", "roles: [clark]", ""),
    ("ROLE_UNKNOWN", "roles: [chief, clerk, robot]", "roles: [chief, rabot]", ""),
    ("PERMISSION_UNKNOWN", "permissions: [service.look]", "permissions: [service.look, service.lock]", ""),
    ("OPERATION_UNKNOWN", "operations: [host.wipe]", "operations: [host.wipe, host.whip]", ""),
    ("OPERATION_UNKNOWN", 'api "POST /desk/services/{name}/restart"', 'api "PUT /desk/services/{name}/restart"', ""),
    ("OPERATION_UNKNOWN", "applies_to: service.restart", "applies_to: service.stop", ""),
    ("RULE_UNKNOWN", "APPROVAL:restart", "APPROVAL:resturt", ""),
    ("RULE_UNKNOWN", "APPROVAL:restart", "restart", ""),
    ("RULE_UNKNOWN", "on: Host", "on: Approval", ""),
    ("STATE_UNKNOWN", "stop: up -> down", "stop: up -> gone", ""),
    ("STATE_UNKNOWN", "state up {initial}", "state up {}", "workflow life"),
    ("REFERENCE_UNKNOWN", "params.mode ==", "params.moda ==", ""),
    ("REFERENCE_UNKNOWN", "params.mode ==", "Host.host ==", ""),
    ("REFERENCE_UNKNOWN", '== "hard"', "== hard", ""),
    ("REFERENCE_UNKNOWN", "policy.most", "policy.unset", ""),
    ("REFERENCE_UNKNOWN", "policy.most", "policy.least", ""),
    ("REFERENCE_UNKNOWN", "params.tries <", "history(request).count <", ""),
    ("REFERENCE_UNKNOWN", "field: params.tries", "field: params.times", ""),
    ("REFERENCE_UNKNOWN", "field: params.tries", "field: target", ""),
    ("TYPE_MISMATCH", '== "hard"', "== 1", ""),
    ("TYPE_MISMATCH", "params.tries <", "params.name <", ""),
    ("TYPE_MISMATCH", "params.name in policy.banned", "params.tries in policy.banned", ""),
    ("TYPE_MISMATCH", 'when: params.mode == "hard"', "when: params.mode", ""),
    ("TYPE_MISMATCH", "in policy.banned", 'in ["db", 1]', ""),
    ("TYPE_MISMATCH", "in policy.banned", "in [params.mode]", ""),
    ("TYPE_MISMATCH", "params.tries < policy.most", "params.quick < true", ""),
    ("TYPE_MISMATCH", "field: params.tries", "field: params.mode", ""),
    ("TYPE_MISMATCH", "field: params.mode", "field: params.tries", ""),
    ("FIELD_WRONG", "default(1) min(1)", "default(1) min(6)", ""),
    ("FIELD_WRONG", "default(1) min(1)", "default(9) min(1)", ""),
    ("FIELD_WRONG", "default(1) min(1)", 'default("1") min(1)', ""),
    ("FIELD_WRONG", "default(1) min(1)", "required default(1) min(1)", ""),
    ("FIELD_WRONG", "default(1) min(1)", "default(1, 2) min(1)", ""),
    ("FIELD_WRONG", 'default("soft")', 'default("mild")', ""),
    ("FIELD_WRONG", 'default("soft")', 'default("soft") min(1)', ""),
    ("FIELD_WRONG", 'default("soft")', 'default("soft") max_length(2)', ""),
    ("FIELD_WRONG", 'default("soft")', 'default("soft") matches("hard")', ""),
    ("FIELD_WRONG", "default(false)", 'default(false) matches("x")', ""),
    ("FIELD_WRONG", "default(false)", "default(no)", ""),
    ("FIELD_WRONG", "list<text> min(1)", "list<text> min(-1)", ""),
    ("FIELD_WRONG", "field approval_id: uuid required", 'field approval_id: uuid required values("x")', ""),
    ("FIELD_WRONG", "field quick: bool", "field speed: decimal default(1.5)\n    field quick: bool", "field speed"),
    ("PATH_WRONG", '"/desk/hosts/wipe"', '"desk/hosts/wipe"', ""),
    ("PATH_WRONG", '"/desk/hosts/wipe"', '"/desk/hosts/wipe/"', ""),
    ("PATH_WRONG", '"/desk/hosts/wipe"', '"/desk/hosts/{name}/wipe"', ""),
    ("PATH_WRONG", "/approvals/{approval_id}/decide", "/approvals/{id}/decide", ""),
    ("QUORUM_IMPOSSIBLE", "quorum: 1\n  }", "quorum: 0\n  }", "rule restart {"),
    ("QUORUM_IMPOSSIBLE", "quorum: 1\n  }", "quorum: 11\n  }", "rule restart {"),
    ("QUORUM_TOO_SMALL", "    stage look {\n      roles: [clerk]\n      quorum: 1\n    }\n", "", "rule wipe {"),
    ("APPROVAL_MISSING", "risk: R1", "risk: R2", "endpoint approval_decide"),
    ("APPROVAL_TWICE", "operations: [host.wipe]", "operations: [host.wipe, service.restart]", "rule wipe {"),
    ("APPROVER_NOT_HUMAN", "approver_roles: [chief, clerk]", "approver_roles: [chief, robot]", ""),
    ("APPROVER_NOT_HUMAN", "roles: [chief]\n    operations", "roles: [robot]\n    operations", "    roles: [robot]"),
    ("APPROVAL_BY_MACHINE", "permissions: [service.look]", "permissions: [approvals.decide]", ""),
    ("DRY_RUN_MISSING", "dry_run: required", "dry_run: optional", "endpoint host.wipe"),
    ("REASON_MISSING", "      reason: required", "      reason: optional", "endpoint host.wipe"),
    ("IDEMPOTENCY_MISSING", "idempotency: required", "idempotency: optional", "endpoint service.restart"),
    ("SOD_MISSING", "APPROVAL:restart", "APPROVAL:wipe", "rule restart {"),
    ("SOD_UNKNOWN", "actor.id == history(request).last_actor", "actor.id == history(request).last_at", "forbid"),
    ("SOD_UNKNOWN", "when actor.id == history(request).last_actor", "when always", ""),
    ("MANDATE_MISSING", "operations: [approval_decide]", "operations: [service.look]", "endpoint approval_decide"),
    ("AUTONOMY_MISSING", ", approval_decide]", "]", "endpoint approval_decide"),
    ("OPERATION_UNREACHABLE", "service.restart, host.wipe, ", "service.restart, ", "endpoint host.wipe"),
    (
        "OPERATION_UNREACHABLE",
        "[host.wipe]\n    roles: [chief]",
        "[host.wipe]\n    roles: [clerk]",
        "endpoint host.wipe",
    ),
]


@pytest.mark.spec("V13")
@pytest.mark.parametrize(("code", "old", "new", "part"), SPOILT)
def test_a_mistake_is_told_with_its_code_at_its_line(code: str, old: str, new: str, part: str) -> None:
    text = desk_with((old, new))
    line = line_of(text, part) if part else line_of(DESK, old)
    assert (code, line) in {(found.code, found.line) for found in diagnostics_of(text)}


def test_every_code_of_the_checker_is_tried_here() -> None:
    of_the_text = {"TEXT_TOO_LARGE", "CHARACTER_REFUSED", "NAME_NOT_ASCII", "NESTING_TOO_DEEP", "SYNTAX", "TOO_MANY"}
    assert {code for code, *_ in SPOILT} | of_the_text == set(CODES)


def test_the_column_points_at_the_word_itself() -> None:
    text = desk_with(("roles: [chief, clerk, robot]", "roles: [chief, clark, robot]"))
    (found,) = diagnostics_of(text)
    assert (found.column, str(found)) == (20, "line 100, column 20: there is no actor `clark` (ROLE_UNKNOWN)")


@pytest.mark.spec("V07", "V13")
def test_all_mistakes_are_told_together_in_the_order_of_the_text() -> None:
    text = desk_with(("1.2.3", "1"), ("breaker: 3", "braker: 3"), ("roles: [clerk]", "roles: [clark]"), ("1h", "1y"))
    found = diagnostics_of(text)
    assert [item.code for item in found] == ["VERSION_WRONG", "ROLE_UNKNOWN", "DURATION_WRONG", "KEY_UNKNOWN"]
    assert [item.line for item in found] == sorted(item.line for item in found)


def test_one_approver_of_an_r3_operation_is_accepted_when_the_rule_says_why() -> None:
    stage = "    stage look {\n      roles: [clerk]\n      quorum: 1\n    }\n"
    text = desk_with((stage, ""), ("expires_in: 2h", 'expires_in: 2h\n    quorum_exception: "The trash keeps it."'))
    assert "The trash keeps it." in contract_compile(text).artifacts["source.ir.json"]


def test_a_quorum_of_two_in_one_stage_is_enough_for_an_r3_operation() -> None:
    stage = "    stage look {\n      roles: [clerk]\n      quorum: 1\n    }\n"
    text = desk_with(
        (stage, ""),
        (
            "    stage sign {\n      roles: [chief]\n      quorum: 1",
            "    stage sign {\n      roles: [chief]\n      quorum: 2",
        ),
    )
    assert contract_compile(text).name == "desk"


def test_an_empty_text_and_a_strange_one_are_told_what_is_missing() -> None:
    assert [found.message for found in diagnostics_of("")] == [
        f"the section `{name}` is missing" for name in ("actors", "operations", "system")
    ]
