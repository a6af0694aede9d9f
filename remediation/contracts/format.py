"""The one way a contract is written down: two spaces, one entry a line, comments where they stand."""

from collections.abc import Iterator, Sequence

from remediation.contracts.diagnostics import Place
from remediation.contracts.format_values import (
    field_text,
    head_text,
    inline_text,
    value_lines,
    value_text,
)
from remediation.contracts.parse import document_parse
from remediation.contracts.syntax import Block, Document, Entry, FieldLine, Flag, Listing, Pair, Text, TransitionBlock

INDENT = "  "
WIDTH = 120


def contract_format(text: str) -> str:
    """Return ``text`` in its canonical form; raise ContractError when it cannot be parsed.

    Formatting again changes nothing, and it never changes what the contract compiles to.
    """
    return document_format(document_parse(text))


def document_format(document: Document) -> str:
    """Return the canonical text of a document."""
    printer = _Printer(document)
    printer.entries(document.sections, 0, len(document.text) + 1)
    return "".join(f"{line}\n" for line in printer.lines)


class _Printer:
    """Prints entries in their order and takes each comment along when its place has come."""

    def __init__(self, document: Document) -> None:
        self.text = document.text
        self.comments = list(reversed(document.comments))  # the next one last
        self.lines: list[str] = []
        self.is_first = True  # the first line within a brace: no blank line above it

    def entries(self, entries: Sequence[Entry], depth: int, end: int) -> None:
        """Print entries, and the comments that stand after the last of them and before ``end``."""
        self.is_first = True
        for entry in entries:
            self.before(entry.place.start, depth)
            if isinstance(entry, TransitionBlock):
                above = None if self.before(entry.body.opened, depth) else entry.place
                self.block(entry.place, entry.body, _transition_head(entry), depth, above)
            elif isinstance(entry, Block):
                self.block_or_line(entry, depth)
            else:
                self.line(entry, depth)
        self.before(end, depth)

    def put(self, line: str, depth: int, place: Place | None = None) -> None:
        """Print a line; above one with a place a blank line stays where there was any, and parts sections."""
        after_section = depth == 0 and bool(self.lines) and not self.lines[-1].startswith("//")
        if place and not self.is_first and (after_section or self.has_blank_above(place)):
            self.lines.append("")
        self.lines.append(f"{INDENT * depth}{line}")
        self.is_first = False

    def has_blank_above(self, place: Place) -> bool:
        above = self.text[: place.start].rstrip(" \t;,")
        return above.endswith("\n") and above[:-1].rstrip(" \t").endswith("\n")

    def before(self, offset: int, depth: int) -> bool:
        """Print the comments that stand before ``offset`` as lines of their own; return whether there were any."""
        found = list(self.taken(offset))
        for comment in found:
            self.put(_said(comment), depth, comment.place)
        return bool(found)

    def taken(self, offset: int) -> Iterator[Text]:
        while self.comments and self.comments[-1].place.start < offset:
            yield self.comments.pop()

    def holds_comment(self, place: Place) -> bool:
        return bool(self.comments) and self.comments[-1].place.start < place.end

    def behind(self, offset: int) -> None:
        """Put a comment that stands on the same line as ``offset`` behind the last line."""
        if self.comments and not self.text[offset : self.comments[-1].place.start].strip(" \t;,"):
            self.lines[-1] += f"  {_said(self.comments.pop())}"

    def line(self, entry: Pair | FieldLine | Flag, depth: int) -> None:
        if isinstance(entry, Pair) and isinstance(entry.value, Listing):
            self.listing(entry, entry.value, depth)
            return
        has_comment = self.before(entry.place.end, depth)  # within an expression no line is their own
        first, *others = _lines(entry, depth)
        self.put(first, depth, None if has_comment else entry.place)
        for other in others:
            self.put(other, depth + 1)
        self.behind(entry.place.end)

    def listing(self, entry: Pair, listing: Listing, depth: int) -> None:
        above = None if self.before(listing.place.start, depth) else entry.place
        line = f"{entry.key.text}: {value_text(listing)}"
        if len(INDENT * depth) + len(line) <= WIDTH and not self.holds_comment(listing.place):
            self.put(line, depth, above)
        else:
            self.put(f"{entry.key.text}: [", depth, above)
            self.behind(listing.place.start + 1)
            self.items(listing, depth + 1)
            self.put("]", depth)
        self.behind(entry.place.end)

    def items(self, listing: Listing, depth: int) -> None:
        self.is_first = True
        for item in listing.items:
            self.before(item.place.end, depth)
            self.put(f"{value_text(item)},", depth)
            self.behind(item.place.end)
        self.before(listing.place.end, depth)

    def block_or_line(self, block: Block, depth: int) -> None:
        above = None if self.before(block.opened, depth) else block.place
        line = inline_text(block)
        if line is None or self.holds_comment(block.place) or len(INDENT * depth) + len(line) > WIDTH:
            self.block(block.place, block, head_text(block), depth, above)
        else:
            self.put(line, depth, above)
            self.behind(block.place.end)

    def block(self, place: Place, body: Block, head: str, depth: int, above: Place | None) -> None:
        self.put(f"{head} {{", depth, above)
        self.behind(body.opened)
        self.entries(body.entries, depth + 1, place.end)
        self.is_first = False
        self.put("}", depth)
        self.behind(place.end)


def _lines(entry: Pair | FieldLine | Flag, depth: int) -> list[str]:
    match entry:
        case FieldLine():
            return [field_text(entry)]
        case Flag():
            return [entry.word.text]
        case Pair():
            head = f"{entry.key.text}: "
            first, *others = value_lines(entry.value, WIDTH - len(INDENT * depth) - len(head))
            return [head + first, *others]


def _transition_head(entry: TransitionBlock) -> str:
    return f"transition {entry.name.text}: {entry.source.text} -> {entry.target.text}"


def _said(comment: Text) -> str:
    return f"//{comment.text}" if comment.text[:1] in {"", " ", "/"} else f"// {comment.text}"
