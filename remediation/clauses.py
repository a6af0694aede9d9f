"""The very words of a contract: the clause that a decision names, cut out of its source."""

import re
from textwrap import dedent

_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|[{}]')


def clause_of(source: str, name: str) -> str:
    """Return the block of ``source`` that is called ``name``, such as ``rule files_delete {…}``; "" when there is none."""
    found = re.search(rf"^[ \t]*\w+[ \t]+{re.escape(name)}[ \t]*\{{", source, re.MULTILINE) if name else None
    if found is None:
        return ""
    depth = 0
    for token in _TOKEN.finditer(source, found.end() - 1):
        depth += {"{": 1, "}": -1}.get(token[0], 0)
        if depth == 0:
            return dedent(source[found.start() : token.end()])
    return ""
