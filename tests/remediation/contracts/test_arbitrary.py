"""Whatever text comes, the language answers with a bundle or with diagnostics."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remediation.contracts.compile import Compiled, contract_compile
from remediation.contracts.diagnostics import CODES, ContractError, Diagnostic
from remediation.contracts.format import contract_format
from remediation.contracts.verify import artifacts_verify
from remediation.engine import bundle_load
from tests.remediation.contracts.texts import DESK

PIECES = [
    *("{", "}", "[", "]", "(", ")", ":", ",", ";", "->", "==", "<", '"', "\\", "//", "\n", " ", "\0", "й"),
    *("field", "transition", "on", "when", "and", "or", "not", "in", "initial", "list<text>", "default(", "always"),
    *("system", "actors", "rule", "x", "files.list", "1", "-1", "72h", "22:00", "2026-01-31", '"text"', "9" * 400),
]
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SLOWER = settings(QUICK, max_examples=50)


def answer(text: str) -> None:
    """Compile and format; every refusal is a ContractError whose diagnostics stand in the text."""
    lines = text.replace("\r\n", "\n").split("\n")
    compiled, refused = tried(text)
    for found in refused:
        assert found.code in CODES
        assert found.message
        assert 1 <= found.line <= len(lines)
        assert 1 <= found.column <= len(lines[found.line - 1]) + 1
    if compiled is None:
        assert refused
    else:
        assert artifacts_verify(compiled.artifacts) is None
        assert bundle_load(compiled.artifacts).digest == compiled.digest
        assert contract_compile(contract_format(text)).digest == compiled.digest


def tried(text: str) -> tuple[Compiled | None, tuple[Diagnostic, ...]]:
    """Return the bundle, or what is wrong; any other exception is the test's failure."""
    try:
        return contract_compile(text), ()
    except ContractError as error:
        return None, error.diagnostics


def settle(text: str) -> None:
    """Format, and again without a difference; a text that can't be parsed has no form."""
    try:
        tidy = contract_format(text)
    except ContractError:
        return
    assert contract_format(tidy) == tidy
    assert tidy.count("//") >= text.count("\n//")


@QUICK
@given(st.text(max_size=200))
def test_any_text_is_answered(text: str) -> None:
    answer(text)
    settle(text)


@QUICK
@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_any_row_of_its_own_words_is_answered(pieces: list[str]) -> None:
    text = " ".join(pieces)
    answer(text)
    settle(text)


@SLOWER
@given(st.data())
def test_a_contract_that_was_spoilt_anywhere_is_answered(data: st.DataObject) -> None:
    text = DESK
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = start + data.draw(st.integers(0, 30))
        text = text[:start] + data.draw(st.sampled_from(PIECES)) + text[end:]
    answer(text)
    settle(text)


@SLOWER
@given(st.data())
def test_a_line_that_is_left_out_or_comes_twice_is_answered(data: st.DataObject) -> None:
    lines = DESK.splitlines()
    number = data.draw(st.integers(0, len(lines) - 1))
    lines[number : number + 1] = data.draw(st.sampled_from([[], [lines[number]] * 2]))
    answer("\n".join(lines))


@SLOWER
@given(st.data())
def test_comments_and_blanks_anywhere_between_words_change_no_rule(data: st.DataObject) -> None:
    tokens = DESK.split(" ")
    for _ in range(data.draw(st.integers(1, 6))):
        spot = data.draw(st.integers(0, len(tokens) - 1))
        tokens[spot] += data.draw(st.sampled_from([" // why\n", "\n", "\n\n\n", "\t", "\n// lonely\n"]))
    text = " ".join(tokens)
    settle(text)
    compiled, _ = tried(text)
    if compiled is None:
        return  # it fell into a text in quotes, or between a key and its colon
    assert compiled.artifacts["operations.json"] == contract_compile(DESK).artifacts["operations.json"]
    assert compiled.digest == contract_compile(contract_format(text)).digest
