"""Inclusion proofs of RFC 6962: how entries are shown to stand in a tree whose root was signed."""

import hashlib
from collections.abc import Collection, Iterator
from uuid import UUID

from ledger.models import Entry
from opsportal.core.scope import institution_scope

CHUNK = 5_000
Node = tuple[int, int]  # level above the leaves, number within the level


def inclusion_proofs(leaves: Iterator[bytes], size: int, wanted: Collection[int]) -> dict[int, list[bytes]]:
    """Return, for each number in ``wanted``, the hashes that lead from that leaf to the root of the first ``size``.

    Numbers begin at 0; one that is not below ``size`` has no proof. One pass over the leaf hashes; what is kept is a
    hash per level, and the proofs.
    """
    paths = {number: _path(number, size) for number in wanted if number < size}
    growing = _Growing({node for path in paths.values() for node in path})
    for _, leaf in zip(range(size), leaves, strict=False):
        growing.give(0, leaf)
    growing.close(size)
    return {number: [growing.found[node] for node in path if node in growing.found] for number, path in paths.items()}


def leaves_of(institution_id: UUID, size: int) -> Iterator[bytes]:
    """Yield the leaf hashes of the first ``size`` entries of a ledger; no scope needs to stay open."""
    with institution_scope(institution_id):
        rows = Entry.objects.filter(seq__lte=size).order_by("seq").values_list("seq", "hash")
    after = 0
    while chunk := list(rows.filter(seq__gt=after)[:CHUNK]):
        yield from (bytes.fromhex(text) for _, text in chunk)
        after = chunk[-1][0]


class _Growing:
    """A tree that grows leaf by leaf and keeps the nodes that somebody needs."""

    def __init__(self, needed: set[Node]) -> None:
        self.found: dict[Node, bytes] = {}
        self._needed = needed
        self._made: dict[int, int] = {}  # level to how many of its nodes are made
        self._waiting: dict[int, bytes] = {}  # level to the left node that waits for its right one

    def give(self, level: int, made: bytes) -> None:
        """Add the next node of a level, and those above that it completes."""
        number = self._made.get(level, 0)
        self._made[level] = number + 1
        if (level, number) in self._needed:
            self.found[level, number] = made
        if number % 2:
            self.give(level + 1, hashlib.sha256(b"\1" + self._waiting.pop(level) + made).digest())
        else:
            self._waiting[level] = made

    def close(self, size: int) -> None:
        """Send up what has no neighbour at the right edge of a tree of ``size``."""
        for level, width in enumerate(_widths(size)):
            if width % 2 and level in self._waiting:
                self.give(level + 1, self._waiting.pop(level))


def _widths(size: int) -> Iterator[int]:
    """Yield how many nodes each level has, from the leaves up; an odd last one goes up as it is."""
    while size > 1:
        yield size
        size = (size + 1) // 2


def _path(number: int, size: int) -> list[Node]:
    """Return the nodes beside the way from leaf ``number`` to the root."""
    path = []
    for level, width in enumerate(_widths(size)):
        if number ^ 1 < width:
            path.append((level, number ^ 1))
        number //= 2
    return path
