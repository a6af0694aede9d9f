"""Reading fields: of entities, and of the policy context."""

from collections.abc import Iterator

import re2

from opsportal.core.canonical import Json
from remediation.contracts.contract import Entity, Field
from remediation.contracts.diagnostics import Problems
from remediation.contracts.entries import LABEL, SLUG, name_check, named
from remediation.contracts.reader import Reader, integer
from remediation.contracts.syntax import Block, FieldLine, Modifier, Number, Text, Word

TEXTS = ("string", "text")
TYPES = (*TEXTS, "int", "float", "decimal", "bool", "datetime", "uuid")
PARAM_TYPES = (*TEXTS, "int", "bool", "datetime", "uuid")
_DEFAULTED = (*TEXTS, "int", "bool", "float", "decimal")
LONGEST_PATTERN = 500


def entities_read(section: Block, problems: Problems) -> Iterator[Entity]:
    """Yield the entities of the section."""
    reader = Reader(section, problems)
    for block in reader.blocks("entity"):
        yield _entity(block, problems)
    reader.close()


def context_read(section: Block, problems: Problems) -> Iterator[Field]:
    """Yield the fields of the policy context."""
    reader = Reader(section, problems)
    for line in reader.fields():
        yield _FieldReader(line, problems).field()
    reader.close()


def _entity(block: Block, problems: Problems) -> Entity:
    reader = Reader(block, problems)
    storage = reader.map("storage")
    fields = Reader(storage, problems) if storage else None
    entity = Entity(
        id=named(block, LABEL, problems),
        tenant_field=_name(fields, "tenant_field"),
        version_field=_name(fields, "version_field"),
        fields=tuple(_FieldReader(line, problems).field() for line in reader.fields()),
    )
    if fields:
        fields.close()
    reader.close()
    return entity


def _name(reader: Reader | None, key: str) -> str:
    word = reader.word(key, needed=False) if reader else None
    return word.text if word else ""


class _FieldReader:
    """One line ``field name: type modifier…``."""

    def __init__(self, line: FieldLine, problems: Problems) -> None:
        self.line = line
        self.problems = problems
        self.modifiers: dict[str, Modifier] = {}
        for modifier in line.modifiers:
            if modifier.word.text in self.modifiers:
                self.wrong(f"`{modifier.word.text}` stands twice", "KEY_TWICE")
            self.modifiers[modifier.word.text] = modifier
        self.type = line.type.text
        if self.type not in TYPES:
            problems.add("VALUE_WRONG", line.type.place, f"`{self.type}` is no type: {', '.join(TYPES)}, list<…>")
            self.type = "text"

    def wrong(self, message: str, code: str = "FIELD_WRONG") -> None:
        self.problems.add(code, self.line.place, f"the field `{self.line.name.text}`: {message}")

    def field(self) -> Field:
        low, high = self.bound("min"), self.bound("max")
        if low is not None and high is not None and low > high:
            self.wrong(f"min({low}) is above max({high})")
        field = Field(
            name=name_check(self.line.name, SLUG, self.problems),
            type=self.type,
            is_list=self.line.is_list,
            is_required="required" in self.modifiers,
            is_unique="unique" in self.modifiers,
            is_indexed="indexed" in self.modifiers,
            default=self.default(),
            min=low,
            max=high,
            max_length=self.bound("max_length", for_texts=True),
            values=self.literals("values"),
            matches=self.pattern(),
        )
        self.default_check(field)
        return field

    def literals(self, name: str) -> tuple[Json, ...]:
        modifier = self.modifiers.get(name)
        if modifier is None:
            return ()
        if self.type not in _DEFAULTED:
            self.wrong(f"a {self.type} has no `{name}`")
            return ()
        return tuple(self.literal(argument, name) for argument in modifier.arguments)

    def literal(self, argument: Word | Text | Number, name: str) -> Json:
        match argument:
            case Text(text=text) if self.type in TEXTS:
                return text
            case Number() if self.type == "int":
                return integer(argument, self.problems)
            case Number(text=text) if self.type in {"float", "decimal"}:
                return text
            case Word(text="true" | "false" as text) if self.type == "bool":
                return text == "true"
        quotes = " in quotes" if self.type in TEXTS else ""
        self.problems.add("FIELD_WRONG", argument.place, f"`{name}` of a {self.type} takes a {self.type}{quotes}")
        return None

    def default(self) -> Json:
        found = self.literals("default")
        if self.line.is_list:
            return list(found) if found else None
        if len(found) > 1:
            self.wrong("`default` of what is no list takes one value")
        return found[0] if found else None

    def bound(self, name: str, *, for_texts: bool = False) -> int | None:
        modifier = self.modifiers.get(name)
        if modifier is None:
            return None
        fits = self.type in TEXTS if for_texts else self.line.is_list or self.type == "int"
        if not fits:
            what = "a text or a list of texts" if for_texts else "an int or a list"
            self.wrong(f"`{name}` bounds {what}")
            return None
        value = self.number(modifier)
        if value is not None and value < 0 and (for_texts or self.line.is_list):
            self.wrong(f"`{name}` counts and is not negative")
        return value

    def number(self, modifier: Modifier) -> int | None:
        first = modifier.arguments[0]
        if len(modifier.arguments) == 1 and isinstance(first, Number):
            return integer(first, self.problems)
        self.wrong(f"`{modifier.word.text}` takes one whole number")
        return None

    def pattern(self) -> str:
        modifier = self.modifiers.get("matches")
        if modifier is None:
            return ""
        first = modifier.arguments[0]
        if not isinstance(first, Text) or len(modifier.arguments) > 1 or self.type not in TEXTS:
            self.wrong("`matches` takes one pattern in quotes, for a text or a list of texts")
            return ""
        problem = pattern_problem(first.text)
        if problem:
            self.problems.add("PATTERN_WRONG", first.place, f"no RE2 expression: {problem}")
            return ""
        return first.text

    def default_check(self, field: Field) -> None:
        if field.default is None:
            return
        if field.is_required:
            self.wrong("a required field has no default")
        items = field.default if isinstance(field.default, list) else [field.default]
        size = len(items) if field.is_list else field.default
        if type(size) is int and not _is_within(size, field):
            self.wrong("the default is out of its bounds")
        for item in items:
            if field.values and item not in field.values:
                self.wrong("the default is none of its values")
            if isinstance(item, str) and self.type in TEXTS:
                self.text_check(field, item)

    def text_check(self, field: Field, text: str) -> None:
        if field.max_length is not None and len(text) > field.max_length:
            self.wrong("the default is longer than max_length")
        if field.matches and not re2.fullmatch(field.matches, text):
            self.wrong("the default does not match its own pattern")


def _is_within(size: int, field: Field) -> bool:
    return (field.min is None or field.min <= size) and (field.max is None or size <= field.max)


def pattern_problem(pattern: str) -> str:
    """Return why ``pattern`` is no expression of RE2, "" when it is one."""
    if not pattern or len(pattern) > LONGEST_PATTERN:
        return f"a pattern has 1 to {LONGEST_PATTERN} characters"
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
    return ""
