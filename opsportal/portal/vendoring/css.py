"""Cut a stylesheet down to the classes that are asked for, the same way each time.

Written for the compiled, un-nested CSS of frameworks: a rule stays when one of its
selectors can match a page that uses only the kept classes; then the custom
properties and keyframes that nothing refers to any more go too.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

TOKEN = re.compile(r"""/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[{};]|[^"'{};/]+|/""", re.DOTALL)
NESTING = ("@media", "@supports", "@container", "@layer")
CLASS = re.compile(r"\.(-?[_a-zA-Z](?:\\.|[\w-])*)")
ATTRIBUTE = re.compile(r"\[\s*([\w-]+)")
VARIABLE = re.compile(r"var\(\s*(--[\w-]+)")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: ``body`` holds declarations, ``children`` the rules of a conditional group."""

    prelude: str
    body: str = ""
    children: tuple["Rule", ...] = ()

    @property
    def is_group(self) -> bool:
        """True for a conditional group such as ``@media``."""
        return self.prelude.startswith(NESTING)


@dataclass(frozen=True, slots=True)
class Keep:
    """What may stay: class names (with ``*``), custom properties used elsewhere, attributes never set."""

    classes: tuple[str, ...]
    variables: tuple[str, ...] = ()
    dropped_attributes: tuple[str, ...] = ()

    def has_class(self, name: str) -> bool:
        """True when a page may use this class."""
        return any(fnmatchcase(name, pattern) for pattern in self.classes)

    def has_attribute(self, name: str) -> bool:
        """True unless the attribute is one that no page sets."""
        return not any(fnmatchcase(name, pattern) for pattern in self.dropped_attributes)


def css_trim(text: str, keep: Keep) -> str:
    """Return the part of a stylesheet that pages using only ``keep`` can need.

    Raises ValueError when the braces do not match.
    """
    rules = _selected(css_parse(text), keep)
    while True:
        trimmed = _used_only(rules, keep)
        if trimmed == rules:
            return css_write(rules)
        rules = trimmed


def css_parse(text: str) -> tuple[Rule, ...]:
    """Return the rules of a stylesheet without its comments; ValueError on unmatched braces."""
    tokens = [token for token in TOKEN.findall(text) if not token.startswith("/*")]
    rules, end = _parse(tokens, 0)
    if end != len(tokens):
        raise ValueError("the stylesheet closes a block that it did not open")
    return rules


def _parse(tokens: list[str], at: int) -> tuple[tuple[Rule, ...], int]:
    rules: list[Rule] = []
    prelude = ""
    while at < len(tokens) and tokens[at] != "}":
        piece = tokens[at]
        at += 1
        if piece == ";":
            prelude = ""  # @charset and @import: neither is wanted in a trimmed file
        elif piece != "{":
            prelude += piece
        else:
            rule = Rule(" ".join(prelude.split()))
            prelude = ""
            if rule.is_group:
                children, at = _parse(tokens, at)
                rules.append(replace(rule, children=children))
            else:
                end = _block_end(tokens, at)
                rules.append(replace(rule, body="".join(tokens[at:end]).strip()))
                at = end
            if at >= len(tokens):
                raise ValueError(f"the block of {rule.prelude!r} is never closed")
            at += 1
    return tuple(rules), at


def _block_end(tokens: list[str], at: int) -> int:
    depth = 0
    while at < len(tokens) and (depth or tokens[at] != "}"):
        depth += {"{": 1, "}": -1}.get(tokens[at], 0)
        at += 1
    return at


def css_write(rules: Iterable[Rule]) -> str:
    """Return rules as text, one per line."""
    return "".join(
        f"{rule.prelude}{{\n{css_write(rule.children)}}}\n" if rule.is_group else f"{rule.prelude}{{{rule.body}}}\n"
        for rule in rules
    )


def split_top(text: str, separator: str) -> list[str]:
    """Split at a character wherever it stands outside brackets and strings; the parts are stripped."""
    parts, depth, start, quote = [], 0, 0, ""
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char == separator and not depth:
            parts.append(text[start:at].strip())
            start = at + 1
        else:
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(char, 0)
    return [*parts, text[start:].strip()]


def _selected(rules: Iterable[Rule], keep: Keep) -> tuple[Rule, ...]:
    chosen: list[Rule] = []
    for rule in rules:
        if rule.is_group:
            children = _selected(rule.children, keep)
            if children:
                chosen.append(replace(rule, children=children))
        elif rule.prelude.startswith("@"):
            chosen.append(rule)
        else:
            wanted = [one for one in split_top(rule.prelude, ",") if _can_match(one, keep)]
            if wanted and rule.body:
                chosen.append(replace(rule, prelude=",".join(wanted)))
    return tuple(chosen)


def _can_match(selector: str, keep: Keep) -> bool:
    selector = re.sub(r":not\((?:[^()]|\([^()]*\))*\)", "", selector)
    for choice in re.findall(r":(?:is|where)\(((?:[^()]|\([^()]*\))*)\)", selector):
        if not any(_can_match(one, keep) for one in split_top(choice, ",")):
            return False
    selector = re.sub(r":(?:is|where)\((?:[^()]|\([^()]*\))*\)", "", selector)
    return all(keep.has_class(name.replace("\\", "")) for name in CLASS.findall(selector)) and all(
        keep.has_attribute(name) for name in ATTRIBUTE.findall(selector)
    )


def _used_only(rules: tuple[Rule, ...], keep: Keep) -> tuple[Rule, ...]:
    text = css_write(rules)
    variables = set(VARIABLE.findall(text)) | set(keep.variables)
    animations = " ".join(re.findall(r"animation(?:-name)?:([^;}]*)", text))

    def is_used(declaration: str) -> bool:
        name = declaration.split(":", 1)[0].strip()
        return not name.startswith("--") or name in variables

    def is_wanted(rule: Rule) -> bool:
        if rule.prelude.startswith("@keyframes"):
            return rule.prelude.split()[-1] in animations.replace(",", " ").split()
        return True

    return _filtered(rules, is_used, is_wanted)


def _filtered(
    rules: Iterable[Rule], is_used: Callable[[str], bool], is_wanted: Callable[[Rule], bool]
) -> tuple[Rule, ...]:
    found: list[Rule] = []
    for rule in rules:
        if rule.is_group:
            kept = replace(rule, children=_filtered(rule.children, is_used, is_wanted))
        elif rule.prelude.startswith("@"):
            kept = rule
        else:
            kept = replace(rule, body=";".join(_unique(filter(is_used, split_top(rule.body, ";")))))
        if is_wanted(kept) and (kept.body or kept.children):
            found.append(kept)
    return tuple(found)


def _unique(declarations: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, declarations)))
