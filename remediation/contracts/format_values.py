"""How single values, fields and expressions are written."""

import json
from collections.abc import Sequence

from remediation.contracts.syntax import (
    Block,
    Call,
    Clause,
    FieldLine,
    Flag,
    Listing,
    Modifier,
    Operation,
    Pair,
    Tagged,
    Text,
    Value,
)

_TIGHTER = {"or": {"or"}, "and": {"or", "and"}}  # parts that need brackets within `or` and `and`


def value_text(value: Value) -> str:
    """Return a value on one line, with no more brackets than it needs."""
    match value:
        case Text(text=text):
            line = json.dumps(text, ensure_ascii=False)
        case Listing(items=items):
            line = f"[{_joined(items)}]"
        case Operation():
            line = operation_text(value)
        case Clause():
            line = f"{value_text(value.action)} when {value_text(value.condition)}"
        case Tagged():
            line = f"{value.word.text} {value_text(value.text)}"
        case Call():
            line = f"{value.word.text}({_joined(value.arguments)}){'.' if value.attribute else ''}{value.attribute}"
        case _:
            line = value.text
    return line


def _joined(values: Sequence[Value]) -> str:
    return ", ".join(map(value_text, values))


def operation_text(operation: Operation) -> str:
    """Return an expression on one line."""
    if operation.operator == "not":
        return f"not {_part_text(operation.parts[0], operation.operator)}"
    return f" {operation.operator} ".join(_part_text(part, operation.operator) for part in operation.parts)


def value_lines(value: Value, width: int) -> list[str]:
    """Return a value on one line when it fits, else a chain of `and` or `or` with a line for each part."""
    line = value_text(value)
    if len(line) <= width or not isinstance(value, Operation) or value.operator not in _TIGHTER:
        return [line]
    first, *others = (_part_text(part, value.operator) for part in value.parts)
    return [first, *(f"{value.operator} {other}" for other in others)]


def _part_text(part: Value, within: str) -> str:
    text = value_text(part)
    if not isinstance(part, Operation) or (within in _TIGHTER and part.operator not in _TIGHTER[within]):
        return text
    return f"({text})"


def field_text(line: FieldLine) -> str:
    """Return ``field name: type modifier…``."""
    kind = f"list<{line.type.text}>" if line.is_list else line.type.text
    return " ".join([f"field {line.name.text}: {kind}", *map(_modifier_text, line.modifiers)])


def _modifier_text(modifier: Modifier) -> str:
    if not modifier.arguments:
        return modifier.word.text
    return f"{modifier.word.text}({_joined(modifier.arguments)})"


def head_text(block: Block) -> str:
    """Return what stands before the brace of a block."""
    if block.is_map:
        return f"{block.keyword.text}:"
    name = f" {block.name.text}" if block.name else ""
    subject = f" on {block.subject.text}" if block.subject else ""
    return f"{block.keyword.text}{name}{subject}"


def inline_text(block: Block) -> str | None:
    """Return a map of pairs, or a block of flags, on one line; None for every other block."""
    pairs = [entry for entry in block.entries if isinstance(entry, Pair)]
    flags = [entry.word.text for entry in block.entries if isinstance(entry, Flag)]
    if block.is_map and len(pairs) == len(block.entries):
        inner = ", ".join(f"{pair.key.text}: {value_text(pair.value)}" for pair in pairs)
    elif len(flags) == len(block.entries):
        inner = " ".join(flags)
    else:
        return None
    return f"{head_text(block)} {{{inner}}}"
