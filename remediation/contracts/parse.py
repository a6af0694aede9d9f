"""From text to its written form, by the grammar beside this file."""

import re
from functools import lru_cache
from pathlib import Path

from lark import Lark, UnexpectedInput
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from remediation.contracts.build import document_build
from remediation.contracts.diagnostics import Place, Problems
from remediation.contracts.scan import text_scan
from remediation.contracts.syntax import Document

_SAID = {
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "_LPAR": "`(`",
    "_RPAR": "`)`",
    "_LSQB": "`[`",
    "_RSQB": "`]`",
    "_COMMA": "`,`",
    "_COLON": "`:`",
    "_ARROW": "`->`",
    "_MORE": "`>`",
    "ON": "`on`",
    "KEY": "a key with `:`",
    "FIELD": "`field`",
    "NAME": "a name",
    "STRING": "a text in quotes",
    "NUMBER": "a number",
    "$END": "the end of the text",
}
_VALUE = {"NAME", "STRING", "NUMBER", "_LSQB"}
_SILENT = {"COMPARE", "LESS", "MORE", "IN", "AND", "OR", "NOT", "WHEN", "_SEMICOLON", "ATTRIBUTE"}


def document_parse(text: str) -> Document:
    """Return the written form of ``text``; raise ContractError with line and column when it has none."""
    text = text.replace("\r\n", "\n")
    problems = Problems()
    comments = text_scan(text, problems)
    problems.refuse()
    try:
        tree = _grammar().parse(text)
    except UnexpectedInput as error:
        place, sentence = _explained(error, text)
        problems.add("SYNTAX", place, sentence)
        problems.refuse()
    document = document_build(tree, text, comments, problems)
    problems.refuse()
    return document


@lru_cache(maxsize=1)
def _grammar() -> Lark:
    source = (Path(__file__).parent / "grammar.lark").read_text(encoding="utf-8")
    return Lark(source, parser="lalr", lexer="contextual", propagate_positions=True, maybe_placeholders=False)


def _explained(error: UnexpectedInput, text: str) -> tuple[Place, str]:
    if isinstance(error, UnexpectedToken):
        expected = _expected(set(error.accepts or error.expected))
        if error.token.type == "$END":
            end = len(text.rstrip())
            last = text[:end].rsplit("\n", 1)[-1]
            return Place(text.count("\n", 0, end) + 1, len(last) + 1), f"the text ends here; expected {expected}"
        return Place(error.line, error.column), f"did not expect `{_shortened(str(error.token))}`; expected {expected}"
    place = Place(error.line, error.column)
    rest = text[error.pos_in_stream or 0 :]
    if rest.startswith('"'):
        return place, "this text in quotes does not end on its line"
    allowed = set(error.allowed) if isinstance(error, UnexpectedCharacters) and error.allowed else set()
    return place, f"did not expect `{_shortened(rest)}`; expected {_expected(allowed)}"


def _shortened(text: str) -> str:
    found = re.match(r"\w+|\S", text)
    return found[0][:40] if found else ""


def _expected(kinds: set[str]) -> str:
    if kinds >= _VALUE:
        return "a value"
    said = [words for kind, words in _SAID.items() if kind in kinds]
    if not said:
        return "something else" if kinds - _SILENT else "an operator"
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} or {said[-1]}"
