"""Parsing a registry: what it becomes, and every mistake at its line."""

from dataclasses import replace
from typing import Any

import pytest

from opsportal.core.secret import Secret
from scenarios.models import ProbeState
from scenarios.probes.base import Condition
from scenarios.registry.parse import registry_parse, registry_read
from scenarios.registry.problems import RegistryError
from tests.scenarios.registry.texts import CONFIGURATION, beat, check, entry, parsed, problems_of, text, wrong


@pytest.mark.spec("L26")
def test_an_entry_becomes_a_spec_with_its_defaults() -> None:
    spec = parsed(entry()).scenarios["host.disk"]
    assert (spec.id, spec.owner, spec.severity, spec.institution) == ("host.disk", "A1", "high", "home")
    assert (spec.interval_seconds, spec.down_after, spec.up_after, spec.depends_on) == (None, 2, 2, ())
    assert spec.title == {"en": "Disk space", "pt-br": "Espaço em disco"}
    assert (spec.runbook, spec.missing, spec.is_configured) == ("# Disks\n", (), True)
    assert spec.checks[0].conditions == (Condition("disk_percent:/", "<", 90, ProbeState.DOWN),)
    assert (spec.checks[0].timeout_seconds, spec.checks[0].severity) == (10.0, None)


def test_all_that_can_be_said_is_kept() -> None:
    conditions = [{"measure": "load_per_cpu", "op": "<=", "value": 2, "otherwise": "degraded"}]
    checks = [check(timeout_seconds=2.5, severity="low", conditions=conditions)]
    more: dict[str, Any] = {
        "interval_seconds": 60,
        "down_after": 3,
        "up_after": 4,
        "depends_on": ["b"],
        "institution": "acme",
    }
    spec = parsed(entry(checks=checks, **more), entry("b", institution="acme")).scenarios["host.disk"]
    assert (spec.interval_seconds, spec.down_after, spec.up_after) == (60, 3, 4)
    assert (spec.depends_on, spec.institution) == (("b",), "acme")
    assert (spec.checks[0].timeout_seconds, spec.checks[0].severity) == (2.5, "low")
    assert spec.checks[0].conditions == (Condition("load_per_cpu", "<=", 2, ProbeState.DEGRADED),)


def test_files_add_up_and_the_digest_tells_them_apart() -> None:
    files = [("a.yaml", text(entry("b"))), ("b.yaml", text(entry("a")))]
    registry = registry_parse(files, CONFIGURATION)
    assert list(registry.scenarios) == ["a", "b"]
    assert len(registry.digest) == 64
    assert registry_parse(files, CONFIGURATION).digest == registry.digest
    assert registry_parse(files[::-1], CONFIGURATION).digest != registry.digest
    assert registry.owned_by("A1") == tuple(registry.scenarios.values())
    assert registry.owned_by("A2") == ()


@pytest.mark.spec("L26")
@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"id": "Host Disk"}, "scenarios[0].id: must be lower-case words joined by single . _ or -"),
        ({"id": "x" * 81}, "scenarios[0].id: must not be longer than 80 characters"),
        ({"title": {"en": "x"}}, "scenarios[0].title: pt-br is missing"),
        ({"title": {"en": "x", "pt-br": ""}}, "scenarios[0].title.pt-br: must not be empty"),
        ({"title": {"en": "x", "pt-br": "x", "fr": "x"}}, "scenarios[0].title.fr: unknown key; known are en, pt-br"),
        ({"human_action": {"pt-br": "x"}}, "scenarios[0].human_action: en is missing"),
        (
            {"owner": "A9"},
            "scenarios[0].owner: must be one of A0, A1, A2, A3, A4, A5, A6, A7, vigia, curador",
        ),
        ({"severity": "urgent"}, "scenarios[0].severity: must be one of info, low, medium, high, critical"),
        ({"interval_seconds": "often"}, "scenarios[0].interval_seconds: must be a whole number"),
        ({"interval_seconds": 1}, "scenarios[0].interval_seconds: must be at least 5"),
        ({"down_after": 0}, "scenarios[0].down_after: must be at least 1"),
        ({"depends_on": ["a", "a"]}, "scenarios[0].depends_on: must not hold the same item twice"),
        ({"depends_on": ["nobody"]}, "scenarios[0].depends_on[0]: there is no scenario 'nobody'"),
        ({"depends_on": ["host.disk"]}, "scenarios[0].depends_on: goes in a circle: host.disk → host.disk"),
        ({"checks": []}, "scenarios[0].checks: must not be empty"),
        ({"checks": [check(), check()]}, "scenarios[0].checks[1].name: 'disk' is already a check of this scenario"),
        ({"checks": [check(timeout_seconds=0)]}, "scenarios[0].checks[0].timeout_seconds: must be more than 0"),
        (
            {"checks": [beat(colour="red")]},
            "scenarios[0].checks[0].with.colour: unknown key; known are name, interval_seconds, grace_seconds",
        ),
        ({"checks": [beat(interval_seconds=0)]}, "scenarios[0].checks[0].with.interval_seconds: must be at least 1"),
        (
            {"checks": [{"name": "beat", "kind": "heartbeat", "with": {"name": "x"}}]},
            "scenarios[0].checks[0].with: interval_seconds is missing",
        ),
        (
            {"human_action": {"en": "{who} did it", "pt-br": "x"}},
            "scenarios[0].human_action.en: {who}: only {measured}, {expected} and {since} can be filled in",
        ),
        (
            {"human_action": {"en": "{measured.__class__}", "pt-br": "x"}},
            "scenarios[0].human_action.en: {measured.__class__}: only {measured}, {expected} and {since} can be filled in",
        ),
        (
            {"human_action": {"en": "{measured:>9000}", "pt-br": "x"}},
            "scenarios[0].human_action.en: {measured}: only {measured}, {expected} and {since} can be filled in",
        ),
        (
            {"human_action": {"en": "x", "pt-br": "}"}},
            "scenarios[0].human_action.pt-br: a single brace: write {{ or }} for the character itself",
        ),
    ],
)
def test_a_mistake_is_named_where_it_was_made(changes: dict[str, Any], problem: str) -> None:
    assert wrong(entry(**changes)) == [problem]


@pytest.mark.spec("L26")
@pytest.mark.parametrize("key", ["id", "title", "owner", "severity", "checks", "human_action", "runbook"])
def test_what_an_entry_needs_cannot_be_left_out(key: str) -> None:
    entry_without = {name: value for name, value in entry().items() if name != key}
    assert wrong(entry_without) == [f"scenarios[0]: {key} is missing"]


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        ({"measure": "mood", "op": "<", "value": 1}, "'mood' is nothing that host measures"),
        ({"measure": "disk_percent:", "op": "<", "value": 1}, "'disk_percent:' is nothing that host measures"),
        ({"measure": "load_per_cpu", "op": "<", "value": "low"}, "< needs a number"),
        ({"measure": "load_per_cpu", "op": "matches", "value": "("}, "matches needs a regular expression"),
        ({"measure": "load_per_cpu", "op": "~", "value": 1}, "must be one of"),
        ({"measure": "load_per_cpu", "op": "<"}, "value is missing"),
        (
            {"measure": "load_per_cpu", "op": "<", "value": 1, "otherwise": "ok"},
            "must be one of down, degraded, unknown",
        ),
    ],
)
def test_a_wrong_condition_is_refused(condition: dict[str, Any], problem: str) -> None:
    found = wrong(entry(checks=[check(conditions=[condition])]))
    assert len(found) == 1
    assert found[0].startswith("scenarios[0].checks[0].conditions[0]")
    assert problem in found[0]


def test_an_unknown_kind_is_refused() -> None:
    assert wrong(entry(checks=[check(kind="magic")]))[0].startswith("scenarios[0].checks[0].kind: must be one of ")


@pytest.mark.spec("L26")
def test_all_mistakes_of_all_files_come_at_once_with_their_lines() -> None:
    first = text(entry("a", owner="A9", human_action={"en": "{x}", "pt-br": "x"}), entry("b", depends_on=["c"]))
    second = "version: 1\nscenarios:\n  - id: a\n    id: z\n"
    third = text(entry("c", depends_on=["b"]))
    found = problems_of(first, second, third)
    assert [problem.split(": ")[:2] for problem in found] == [
        ["a.yaml:7", "scenarios[0].owner"],
        ["a.yaml:17", "scenarios[0].human_action.en"],
        ["a.yaml:41", "scenarios[1].depends_on"],
        *[["b.yaml:3", "scenarios[0]"]] * 6,
        ["b.yaml:4", "scenarios[0].id"],
    ]


def test_an_id_that_two_files_use_names_the_first() -> None:
    found = problems_of(text(entry()), text(entry("other"), entry()))
    assert found == ["b.yaml:22: scenarios[1].id: 'host.disk' is already in a.yaml:3"]


def test_a_circle_is_told_in_the_order_of_the_dependence() -> None:
    entries = [entry("a", depends_on=["b"]), entry("b", depends_on=["c"]), entry("c", depends_on=["a"])]
    assert wrong(*entries) == ["scenarios[0].depends_on: goes in a circle: a → b → c → a"]


def test_each_circle_is_told() -> None:
    entries = [entry("a", depends_on=["b"]), entry("b", depends_on=["a"]), entry("c", depends_on=["c"])]
    assert len(wrong(*entries)) == 2


def test_a_parent_that_is_there_but_faulty_is_not_called_missing() -> None:
    assert wrong(entry("a", depends_on=["b"]), entry("b", owner="A9")) == [
        "scenarios[1].owner: must be one of A0, A1, A2, A3, A4, A5, A6, A7, vigia, curador"
    ]


def test_a_parent_of_another_institution_is_refused() -> None:
    found = wrong(entry("a", depends_on=["b"]), entry("b", institution="acme"))
    assert found == ["scenarios[0].depends_on[0]: b is watched for acme, not for home"]


def test_only_known_institutions_can_be_named() -> None:
    texts = [("a.yaml", text(entry(), entry("b", institution="acme")))]
    with pytest.raises(RegistryError, match="there is no institution 'acme'"):
        registry_parse(texts, CONFIGURATION, institutions={"home"})
    assert len(registry_parse(texts, CONFIGURATION, institutions={"home", "acme"}).scenarios) == 2


@pytest.mark.parametrize("whole", ["- 1\n", "just words\n", "version: 2\nscenarios: []\n", "version: 1\n", "", "{}\n"])
def test_a_file_of_another_form_is_refused(whole: str) -> None:
    assert problems_of(whole)


def test_what_is_sound_can_be_read_past_the_faults() -> None:
    texts = [("a.yaml", text(entry("a", depends_on=["b"]), entry("b", owner="A9"), entry("c")))]
    registry, problems = registry_read(texts, CONFIGURATION)
    assert [problem.path for problem in problems] == ["scenarios[1].owner"]
    assert list(registry.scenarios) == ["a", "c"]
    assert registry.scenarios["a"].depends_on == ()


@pytest.mark.spec("L36")
def test_configuration_takes_the_place_of_names() -> None:
    registry = parsed(entry(checks=[beat(name="${NIGHTLY}-job", interval_seconds="${PERIOD}")]))
    assert registry.scenarios["host.disk"].checks[0].params == {"name": "nightly-job", "interval_seconds": 3600}


@pytest.mark.spec("L36")
def test_what_is_not_set_makes_the_scenario_not_configured() -> None:
    conditions = [{"measure": "age_seconds", "op": "<", "value": "${EMPTY_TOO}"}]
    configuration = replace(CONFIGURATION, variables={**CONFIGURATION.variables, "EMPTY_TOO": ""})
    one = beat(name="${UNSET}") | {"conditions": conditions}
    registry = registry_parse([("a.yaml", text(entry(checks=[one, check()])))], configuration)
    assert registry.scenarios["host.disk"].missing == ("UNSET", "EMPTY_TOO")
    assert not registry.scenarios["host.disk"].is_configured


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("${HOME}", "HOME is not a setting that a registry may use"),
        ("${secret:OTHER}", "OTHER is not a secret that a registry may use"),
        ("${secret:NIGHTLY}", "NIGHTLY is not a secret that a registry may use"),
        ("${KEY}", "KEY is a secret: write ${secret:KEY}"),
        ("${nightly}", "write ${NAME} or ${secret:NAME} in capitals; $${ stands for ${ itself"),
        ("a${", "write ${NAME} or ${secret:NAME} in capitals; $${ stands for ${ itself"),
    ],
)
def test_a_registry_reads_nothing_that_it_was_not_given(written: str, problem: str) -> None:
    assert wrong(entry(checks=[beat(name=written)])) == [f"scenarios[0].checks[0].with.name: {problem}"]


def test_a_value_of_the_configuration_is_checked_like_a_written_one() -> None:
    found = wrong(entry(checks=[beat(interval_seconds="${OPSPORTAL_VAR_WORD}")]))
    assert found == ["scenarios[0].checks[0].with.interval_seconds: must be a whole number"]


def test_a_doubled_dollar_stands_for_itself() -> None:
    registry = parsed(entry(checks=[http(headers={"X-Template": "$${NIGHTLY}"})]))
    assert registry.scenarios["host.disk"].checks[0].params["headers"] == {"X-Template": "${NIGHTLY}"}


@pytest.mark.parametrize("name", ["nightly job", "Nightly", "nightly/", "ação"])
def test_a_heartbeat_has_a_name_that_can_stand_in_the_ledger(name: str) -> None:
    assert wrong(entry(checks=[beat(name=name)])) == [
        "scenarios[0].checks[0].with.name: must be lower-case words joined by single . _ or -"
    ]


def http(**params: Any) -> dict[str, Any]:
    return {"name": "api", "kind": "http", "with": {"url": "http://127.0.0.1/"} | params}


def test_a_secret_is_held_so_that_it_cannot_be_seen() -> None:
    registry = parsed(entry(checks=[http(headers={"Authorization": "Bearer ${secret:KEY}"})]))
    held = registry.scenarios["host.disk"].checks[0].params["headers"]["Authorization"]
    assert held == Secret("Bearer s3cret")
    assert held.reveal() == "Bearer s3cret"
    assert "s3cret" not in f"{registry!r} {held!r} {registry.scenarios['host.disk'].checks[0].params}"


def test_a_secret_that_is_not_set_is_missing_by_name() -> None:
    spec = parsed(entry(checks=[http(headers={"X-API-Key": "${secret:EMPTY_KEY}"})])).scenarios["host.disk"]
    assert spec.missing == ("EMPTY_KEY",)


def test_a_secret_cannot_stand_where_people_see_it() -> None:
    assert wrong(entry(checks=[beat(name="${secret:KEY}")])) == [
        "scenarios[0].checks[0].with.name: a secret cannot stand here: this is shown to people"
    ]
    assert wrong(entry(checks=[http(url="http://127.0.0.1/${secret:KEY}")])) == [
        "scenarios[0].checks[0].with.url: a secret cannot stand here: this is shown to people"
    ]


def test_a_complaint_about_a_secret_does_not_quote_it() -> None:
    configuration = replace(CONFIGURATION, secrets={"KEY": Secret("s3\ncret")})
    texts = [("a.yaml", text(entry(checks=[http(headers={"X-API-Key": "${secret:KEY}"})])))]
    with pytest.raises(RegistryError) as refusal:
        registry_parse(texts, configuration)
    assert "headers" in str(refusal.value)
    assert "cret" not in str(refusal.value).replace("secret", "")


def test_a_secret_cannot_be_what_is_expected() -> None:
    condition = {"measure": "age_seconds", "op": "==", "value": "${secret:KEY}"}
    assert wrong(entry(checks=[beat() | {"conditions": [condition]}])) == [
        "scenarios[0].checks[0].conditions[0]: a secret cannot be compared with: what is expected is shown to people"
    ]


@pytest.mark.spec("L26")
def test_a_check_can_be_made_for_each_item_of_a_setting() -> None:
    each = check(name="port", each="${PORTS}", conditions=[{"measure": "listening:${EACH}", "op": "==", "value": True}])
    configuration = replace(CONFIGURATION, variables={"PORTS": " 22, 443,22 "})
    spec = registry_parse([("a.yaml", text(entry(checks=[each])))], configuration).scenarios["host.disk"]
    assert [(one.name, one.conditions[0].measure) for one in spec.checks] == [
        ("port-22", "listening:22"),
        ("port-443", "listening:443"),
    ]


def test_an_item_cannot_make_the_name_of_another_check() -> None:
    found = wrong(entry(checks=[check(name="port-22"), check(name="port", each="22,25")]))
    assert found == ["scenarios[0].checks: 'port-22' would be the name of two checks"]


def test_a_mistake_in_a_check_for_each_item_is_told_once() -> None:
    condition = {"measure": "mood", "op": "<", "value": 1}
    assert len(wrong(entry(checks=[check(each="22,25", conditions=[condition])]))) == 1


def test_for_each_of_nothing_is_not_configured() -> None:
    spec = parsed(entry(checks=[check(each="${UNSET}")])).scenarios["host.disk"]
    assert (spec.missing, [one.name for one in spec.checks]) == (("UNSET",), ["disk"])


@pytest.mark.parametrize(
    ("each", "problem"),
    [
        ("a b,c", "an item is at most 20 of a to z, 0 to 9, . _ -"),
        (",", "must be 1 to 50 items with commas between"),
        (",".join(map(str, range(51))), "must be 1 to 50 items with commas between"),
        ("${HOME}", "HOME is not a setting that a registry may use"),
        ("${secret:KEY}", "a secret cannot be a list of items"),
    ],
)
def test_items_become_names_so_they_are_plain(each: str, problem: str) -> None:
    assert wrong(entry(checks=[check(each=each)])) == [f"scenarios[0].checks[0].each: {problem}"]


def test_each_means_nothing_elsewhere() -> None:
    found = wrong(entry(checks=[beat(name="${EACH}")]))
    assert found == ["scenarios[0].checks[0].with.name: EACH is not a setting that a registry may use"]


def test_a_key_with_an_optional_setting_is_left_out_while_it_is_not_set() -> None:
    spec = parsed(entry(checks=[beat(grace_seconds="${UNSET?}", interval_seconds="${PERIOD?}")])).scenarios["host.disk"]
    assert spec.checks[0].params == {"name": "nightly", "interval_seconds": 3600}
    assert spec.is_configured


def test_only_a_whole_value_can_be_optional() -> None:
    found = wrong(entry(checks=[beat(name="a-${UNSET?}")]))
    assert found == ["scenarios[0].checks[0].with.name: UNSET? can only be the whole value of a key"]


def test_a_threshold_can_come_from_the_configuration() -> None:
    condition = {"measure": "age_seconds", "op": "<", "value": "${PERIOD}"}
    spec = parsed(entry(checks=[beat() | {"conditions": [condition]}])).scenarios["host.disk"]
    assert spec.checks[0].conditions[0].value == 3600
    condition = {"measure": "age_seconds", "op": "<", "value": "${OPSPORTAL_VAR_WORD}"}
    assert wrong(entry(checks=[beat() | {"conditions": [condition]}])) == [
        "scenarios[0].checks[0].conditions[0]: < needs a number, not 'soon'"
    ]
