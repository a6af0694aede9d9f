"""What is looked at before a text is parsed: its size, its characters, its brackets, its comments."""

import re
import unicodedata
from bisect import bisect_left

from remediation.contracts.diagnostics import Place, Problems
from remediation.contracts.syntax import Text

MOST_BYTES = 256 * 1024
DEEPEST = 16
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
_PIECE = re.compile(r'"(?:\\[^\n]|[^"\\\n])*"|//[^\n]*|[\[({]|[\])}]|[^\x00-\x7f]+')


def text_scan(text: str, problems: Problems) -> tuple[Text, ...]:
    """Return the comments; note what is wrong with the text as a text."""
    if len(text) > MOST_BYTES or len(text.encode(errors="replace")) > MOST_BYTES:
        problems.add("TEXT_TOO_LARGE", Place(1, 1), f"a contract has at most {MOST_BYTES} bytes")
        return ()
    lines = [found.start() for found in re.finditer("\n", text)]
    for found in CONTROL.finditer(text):
        name = f"U+{ord(found[0]):04X}"
        problems.add("CHARACTER_REFUSED", _place(lines, found), f"the character {name} must not stand here")
    return _pieces_scan(text, lines, problems)


def _pieces_scan(text: str, lines: list[int], problems: Problems) -> tuple[Text, ...]:
    comments, depth = [], 0
    for found in _PIECE.finditer(text):
        piece = found[0]
        if piece.startswith("//"):
            comments.append(Text(piece[2:].rstrip(), _place(lines, found)))
        elif piece in "[({":
            depth += 1
            if depth == DEEPEST + 1:
                problems.add("NESTING_TOO_DEEP", _place(lines, found), f"brackets may be nested {DEEPEST} deep")
        elif piece in "])}":
            depth -= 1
        elif not piece.startswith('"'):
            name = unicodedata.name(piece[0], f"U+{ord(piece[0]):04X}")
            problems.add("NAME_NOT_ASCII", _place(lines, found), f"names are of ASCII letters; this is {name}")
    return tuple(comments)


def _place(lines: list[int], found: re.Match[str]) -> Place:
    above = bisect_left(lines, found.start())
    column = found.start() - (lines[above - 1] if above else -1)
    return Place(above + 1, column, *found.span())
