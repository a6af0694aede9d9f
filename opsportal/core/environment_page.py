"""docs/environment.md, drawn from .env.example."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

HEAD = """# Environment variables

Written by `make docs` from `.env.example`; a test holds it to that, and another one holds `.env.example` to the code.

All are optional under the settings of `make run`; [Quickstart](quickstart.md) says which a server needs. After the name
stands the default, or an example where there is none. A wrong value stops the start with one line that names it. A
*secret* may come as `NAME`, or as `NAME_FILE` with the path of a file that holds it; never as both.
"""
SECTION = re.compile(r"# ── (.+?) ─+$")
VARIABLE = re.compile(r"#?([A-Z][A-Z0-9_]*=.*)$")


@dataclass(slots=True)
class Group:
    """Variables that one comment explains."""

    words: list[str] = field(default_factory=list)
    variables: list[str] = field(default_factory=list)


def environment_markdown(example: str) -> str:
    """Return the page about the variables that ``example``, the text of .env.example, explains."""
    return "\n".join([HEAD, *_sections(example.splitlines())])


def _sections(lines: Iterable[str]) -> Iterator[str]:
    group, has_begun = Group(), False
    for line in lines:
        if section := SECTION.match(line):
            yield from _row(group)
            if has_begun:
                yield ""
            yield from (f"## {section[1]}", "", "| variable | what |", "|---|---|")
            group, has_begun = Group(), True
        elif has_begun and (variable := VARIABLE.match(line)):
            group.variables.append(variable[1])
        elif has_begun and line.startswith("# "):
            if group.variables:
                yield from _row(group)
                group = Group()
            group.words.append(line.removeprefix("# "))
    yield from _row(group)
    yield ""


def _row(group: Group) -> Iterator[str]:
    if group.variables:
        names = "<br>".join(f"`{variable}`" for variable in group.variables)
        yield f"| {names} | {_escaped(' '.join(group.words))} |"


def _escaped(words: str) -> str:
    for sign, written in (("&", "&amp;"), ("<", "&lt;"), ("|", "\\|")):
        words = words.replace(sign, written)
    return words
