"""What depends on what: a scenario whose parent is dead is not to blame, so parents must exist and not go in circles."""

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from scenarios.registry.entry import Entry


def order_refuse(entries: Iterable[Entry]) -> None:
    """Refuse, where it stands, each parent that is unknown, in another institution, or its own descendant."""
    known = {entry.id: entry for entry in entries}
    for entry in known.values():
        for index, parent in enumerate(entry.parents):
            if why := _refusal(entry, known.get(parent), parent):
                entry.document.refuse((*entry.path, "depends_on", index), why)
    parents = {entry.id: set(entry.parents) for entry in known.values()}
    while circle := _circle(parents):
        entry = known[circle[0]]
        entry.document.refuse((*entry.path, "depends_on"), f"goes in a circle: {' → '.join(circle)}")
        for name in circle:
            parents.pop(name, None)


def _refusal(entry: Entry, parent: Entry | None, name: str) -> str:
    if parent is None:
        return f"there is no scenario {name!r}"
    if parent.institution != entry.institution:
        return f"{name} is watched for {parent.institution}, not for {entry.institution}"
    return ""


def _circle(parents: Mapping[str, set[str]]) -> list[str]:
    """Return ids that depend on each other in turn, from the first of the alphabet back to it; empty when none do."""
    try:
        TopologicalSorter(parents).prepare()
    except CycleError as error:
        ring: list[str] = error.args[1][:0:-1]
        start = ring.index(min(ring))
        return [*ring[start:], *ring[: start + 1]]
    return []
