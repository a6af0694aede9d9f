"""The form of a text: what is no contract is told with its line and column, and never crashes."""

import time

import pytest

from remediation.contracts.diagnostics import ContractError
from remediation.contracts.parse import document_parse
from remediation.contracts.scan import DEEPEST, MOST_BYTES
from remediation.contracts.syntax import Block, Pair, Text
from tests.remediation.contracts.texts import diagnostics_of


@pytest.mark.spec("V13")
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("system x {\n  name: ", "line 2, column 8: the text ends here; expected a value (SYNTAX)"),
        ("system x {\n  name:\n}", "line 3, column 1: did not expect `}`; expected a value (SYNTAX)"),
        ("a {\n  b: [1 2]\n}", "line 2, column 9: did not expect `2`; expected `]` or `,` (SYNTAX)"),
        ('a {\n  b: "open\n}', "line 2, column 6: this text in quotes does not end on its line (SYNTAX)"),
        ("a {\n  b: $\n}", "line 2, column 6: did not expect `$`; expected a value (SYNTAX)"),
        ("}", "line 1, column 1: did not expect `}`; expected a name or the end of the text (SYNTAX)"),
        ("a { field x: list<int }", "line 1, column 23: did not expect `}`; expected `>` (SYNTAX)"),
        (
            'a { b: "\\q" }',
            r"line 1, column 8: a text knows the escapes \" \\ \n \t \uXXXX and no others (VALUE_WRONG)",
        ),
        ("a { field x: set<int> }", "line 1, column 14: only `list` has a type of its items, not set (VALUE_WRONG)"),
    ],
)
def test_it_says_in_a_sentence_what_it_expected_where(text: str, told: str) -> None:
    with pytest.raises(ContractError) as caught:
        document_parse(text)
    assert str(caught.value) == told


def test_it_keeps_the_place_of_every_entry() -> None:
    document = document_parse('a x on Y {\n  key: "v" // why\n}\n')
    (section,) = document.sections
    (pair,) = section.entries
    assert isinstance(section, Block)
    assert isinstance(pair, Pair)
    assert (section.place.line, section.place.column) == (1, 1)
    assert (pair.place.line, pair.place.column, pair.value) == (2, 3, Text("v", pair.value.place))
    assert [(comment.text, comment.place.line, comment.place.column) for comment in document.comments] == [
        (" why", 2, 12)
    ]


def test_separators_line_ends_and_order_of_words_mean_nothing() -> None:
    one = document_parse("a { rule x { when: on, not: field; transition: in } }")
    two = document_parse("a {\r\n rule x {\r\n when: on\r\n not: field\r\n transition: in } }")
    keys = [
        [entry.key.text for entry in _rule(document.sections[0]).entries if isinstance(entry, Pair)]
        for document in (one, two)
    ]
    assert keys == [["when", "not", "transition"]] * 2


def _rule(section: Block) -> Block:
    (rule,) = section.entries
    assert isinstance(rule, Block)
    return rule


@pytest.mark.parametrize("text", ["a { оwner: b }", "a { b: [files.lіst] }", "аctors {}"])
def test_a_letter_that_only_looks_like_ours_is_refused(text: str) -> None:
    (found,) = diagnostics_of(text)
    assert found.code == "NAME_NOT_ASCII"
    assert "CYRILLIC" in found.message


@pytest.mark.parametrize(
    "text", ['a { b: "\u202egnp.exe" }', "// \u2066hidden", "a {\x00}", 'a { b: "\\u202e" }', 'a { b: "\\u0000" }']
)
def test_characters_that_show_another_text_than_counts_are_refused(text: str) -> None:
    assert {found.code for found in diagnostics_of(text)} == {"CHARACTER_REFUSED"}


def test_letters_of_all_languages_stand_in_texts_and_comments() -> None:
    document = document_parse('a { b: "São Paulo 東京" } // não\n')
    assert document.comments[0].text == " não"


@pytest.mark.parametrize("bracket", ["(", "[", "a { b { c {"])
def test_deep_nesting_is_refused_and_does_not_crash(bracket: str) -> None:
    text = f"a {{ b: {bracket * 5000}" if bracket != "a { b { c {" else "a { " * 5000
    assert {found.code for found in diagnostics_of(text)} == {"NESTING_TOO_DEEP"}


def test_as_deep_as_allowed_is_parsed() -> None:
    inner = DEEPEST - 1
    assert document_parse(f"a {{ b: {'(' * inner}1{')' * inner} }}").sections


def test_long_chains_without_brackets_do_not_crash() -> None:
    chain = " and ".join(["x == 1"] * 2000)
    assert document_parse(f"a {{ b: {chain} }}").sections
    assert {found.code for found in diagnostics_of(f"a {{ b: {'not ' * 5000} x }}")} == {"SYNTAX"}


def test_a_text_above_256_kib_is_refused_without_being_parsed() -> None:
    fits = "// " + "x" * (MOST_BYTES - 3)
    assert document_parse(fits).comments
    assert [found.code for found in diagnostics_of(fits + "x")] == ["TEXT_TOO_LARGE"]
    assert [found.code for found in diagnostics_of("// " + "ã" * (MOST_BYTES // 2))] == ["TEXT_TOO_LARGE"]


def test_a_block_and_a_list_hold_two_hundred_and_no_more() -> None:
    for text in ("a {{ {} }}", "a {{ l: [{}] }}"):
        filled = "b: 1, " if "[" not in text else "1, "
        assert document_parse(text.format(filled * 200)).sections
        assert [found.code for found in diagnostics_of(text.format(filled * 201))] == ["TOO_MANY"]


def test_a_contract_as_large_as_allowed_is_judged_in_a_moment() -> None:
    head = 'system D {name: "d" version: "1.0.0" domain: d} actors {human a {permissions: [p]}} entities {entity X {}}'
    ends = "".join(
        f'endpoint e{n} {{method: POST path: "/e{n}" permission: p request: X risk: R2 bind: {{kind: read}}}}'
        for n in range(200)
    )
    rules = "".join(f'rule r{n} {{trigger: api "POST /e{n}" approver_roles: [a] quorum: 1}}' for n in range(200))
    apart = "".join(f"rule s{n} {{on: X forbid: decide when actor.id in history(x).actors}}" for n in range(200))
    text = f"{head} operations {{api {{{ends}}}}} approval_rules {{{rules}}} separation_of_duties {{{apart}}}"
    started = time.process_time()
    assert {"MANDATE_MISSING", "AUTONOMY_MISSING"} <= {found.code for found in diagnostics_of(text)}
    assert time.process_time() - started < 5  # all against all would be minutes
