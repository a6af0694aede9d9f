"""From the parser's tree to the written form. The tree is as deep as its brackets, which were counted before."""

import json
import re
from collections.abc import Sequence
from typing import TypeAlias

from lark import Token, Tree

from remediation.contracts.diagnostics import Place, Problems
from remediation.contracts.scan import CONTROL
from remediation.contracts.syntax import (
    Block,
    Call,
    Clause,
    Document,
    Entry,
    FieldLine,
    Flag,
    Listing,
    Modifier,
    Number,
    Operation,
    Pair,
    Span,
    Tagged,
    Text,
    TransitionBlock,
    Value,
    Word,
)

Node: TypeAlias = "Tree[Token] | Token"
MOST_ITEMS = 200
_ESCAPE = re.compile(r'\\(u[0-9A-Fa-f]{4}|["\\nt])')


def document_build(tree: "Tree[Token]", text: str, comments: Sequence[Text], problems: Problems) -> Document:
    """Return the document that the parser's tree stands for; note texts with unknown escapes."""
    builder = _Builder(problems)
    return Document(text, tuple(builder.block(_tree(child)) for child in tree.children), tuple(comments))


def _tree(node: Node) -> "Tree[Token]":
    assert isinstance(node, Tree)  # noqa: S101 - the grammar says so
    return node


def _token(node: Node) -> Token:
    assert isinstance(node, Token)  # noqa: S101 - the grammar says so
    return node


def _place(node: Node) -> Place:
    if isinstance(node, Token):
        return Place(node.line or 1, node.column or 1, node.start_pos or 0, node.end_pos or 0)
    meta = node.meta
    return Place(meta.line, meta.column, meta.start_pos, meta.end_pos)


def _word(node: Node) -> Word:
    return Word(str(_token(node)), _place(node))


class _Builder:
    def __init__(self, problems: Problems) -> None:
        self.problems = problems

    def block(self, tree: "Tree[Token]") -> Block:
        *head, brace, entries, _ = tree.children
        names = [_word(node) for node in head if isinstance(node, Token)]
        subjects = [_word(node.children[1]) for node in head if isinstance(node, Tree)]
        return Block(
            keyword=names[0],
            name=names[1] if len(names) > 1 else None,
            subject=subjects[0] if subjects else None,
            entries=self.entries(entries),
            place=_place(tree),
            opened=_place(brace).end,
        )

    def entries(self, node: Node) -> tuple[Entry, ...]:
        children = _tree(node).children
        self.count_check(children)
        return tuple(self.entry(_tree(child)) for child in children)

    def count_check(self, children: Sequence[Node]) -> None:
        if len(children) > MOST_ITEMS:
            place = _place(children[MOST_ITEMS])
            self.problems.add("TOO_MANY", place, f"a block or a list holds at most {MOST_ITEMS}, this {len(children)}")

    def entry(self, tree: "Tree[Token]") -> Entry:
        match tree.data:
            case "block":
                return self.block(tree)
            case "pair":
                return self.pair(tree)
            case "field":
                return self.field(tree)
            case "transition":
                return self.transition(tree)
            case _:
                return Flag(_word(tree.children[0]), _place(tree))

    def pair(self, tree: "Tree[Token]") -> Entry:
        key, value = tree.children
        if isinstance(value, Tree) and value.data == "map":
            brace, entries, _ = value.children
            return Block(
                _word(key), None, None, self.entries(entries), _place(tree), is_map=True, opened=_place(brace).end
            )
        return Pair(_word(key), self.value(value), _place(tree))

    def field(self, tree: "Tree[Token]") -> FieldLine:
        _, name, kind, *modifiers = tree.children
        types = [_word(node) for node in _tree(kind).children]
        if len(types) == 2 and types[0].text != "list":
            self.problems.add(
                "VALUE_WRONG", types[0].place, f"only `list` has a type of its items, not {types[0].text}"
            )
        return FieldLine(
            name=_word(name),
            type=types[-1],
            is_list=len(types) == 2,
            modifiers=tuple(self.modifier(_tree(node)) for node in modifiers),
            place=_place(tree),
        )

    def modifier(self, tree: "Tree[Token]") -> Modifier:
        word, *literals = tree.children
        return Modifier(_word(word), tuple(self.literal(_token(_tree(node).children[0])) for node in literals))

    def literal(self, token: Token) -> Word | Text | Number:
        if token.type == "STRING":
            return self.text(token)
        return Number(str(token), _place(token)) if token.type == "NUMBER" else _word(token)

    def transition(self, tree: "Tree[Token]") -> TransitionBlock:
        keyword, name, source, target, brace, entries, _ = tree.children
        body = Block(_word(keyword), None, None, self.entries(entries), _place(tree), opened=_place(brace).end)
        return TransitionBlock(_word(name), _word(source), _word(target), body, _place(tree))

    def value(self, node: Node) -> Value:
        tree = _tree(node)
        place, first = _place(tree), tree.children[0] if tree.children else tree
        match tree.data:
            case "word":
                value: Value = _word(first)
            case "text":
                value = self.text(_token(first))
            case "number":
                value = Number(str(first), place)
            case "duration" | "time" | "date":
                value = Span(str(tree.data), str(first), place)
            case "group":
                value = self.value(first)
            case _:
                value = self.compound(tree, place)
        return value

    def compound(self, tree: "Tree[Token]", place: Place) -> Value:
        children = tree.children
        match tree.data:
            case "listing":
                self.count_check(children)
                return Listing(tuple(self.value(child) for child in children), place)
            case "tagged":
                return Tagged(_word(children[0]), self.text(_token(children[1])), place)
            case "clause":
                return Clause(self.value(children[0]), self.value(children[2]), place)
            case "call":
                return self.call(tree)
            case _:
                return self.operation(tree)

    def call(self, tree: "Tree[Token]") -> Call:
        word, *rest = tree.children
        attribute = str(rest.pop())[1:] if rest and isinstance(rest[-1], Token) else ""
        return Call(_word(word), tuple(self.value(child) for child in rest), attribute, _place(tree))

    def operation(self, tree: "Tree[Token]") -> Operation:
        operator = next(str(child) for child in tree.children if isinstance(child, Token))
        parts = tuple(self.value(child) for child in tree.children if isinstance(child, Tree))
        return Operation(operator, parts, _place(tree))

    def text(self, token: Token) -> Text:
        raw, place = str(token)[1:-1], _place(token)
        if "\\" in _ESCAPE.sub("", raw):
            self.problems.add("VALUE_WRONG", place, r"a text knows the escapes \" \\ \n \t \uXXXX and no others")
            return Text("", place)
        text = str(json.loads(f'"{raw}"', strict=False))
        if CONTROL.search(text):
            self.problems.add("CHARACTER_REFUSED", place, "a text holds a control or direction character")
            return Text("", place)
        return Text(text, place)
