"""Reading workflows: the states of an entity and the moves between them."""

from collections.abc import Iterator

from remediation.contracts.contract import State, Transition, Workflow
from remediation.contracts.diagnostics import Problems
from remediation.contracts.entries import LABEL, SLUG, name_check, named
from remediation.contracts.reader import Reader
from remediation.contracts.syntax import Block, Call, Listing, Number, Text, TransitionBlock, Value, Word

EFFECTS = ("set_state", "set_field", "bump_version")
MOST_QUORUM = 10


def workflows_read(section: Block, problems: Problems) -> Iterator[Workflow]:
    """Yield the workflows of the section."""
    reader = Reader(section, problems)
    for block in reader.blocks("workflow"):
        entries = Reader(block, problems)
        if block.subject is None:
            problems.add("BLOCK_UNKNOWN", block.place, "a workflow stands on an entity: `workflow name on Entity {`")
        yield Workflow(
            id=named(block, LABEL, problems, on=True),
            entity=block.subject or Word("", block.place),
            states=tuple(_state(state, problems) for state in entries.blocks("state")),
            transitions=tuple(_transition(line, problems) for line in entries.transitions()),
        )
        entries.close()
    reader.close()


def _state(block: Block, problems: Problems) -> State:
    entries = Reader(block, problems)
    state = State(named(block, SLUG, problems), entries.flag("initial"), entries.flag("terminal"))
    entries.close()
    return state


def _transition(line: TransitionBlock, problems: Problems) -> Transition:
    entries = Reader(line.body, problems)
    block = entries.map("approvals")
    approvals = Reader(block, problems) if block else None
    transition = Transition(
        id=name_check(line.name, LABEL, problems),
        source=line.source,
        target=line.target,
        guard=entries.value("guard"),
        quorum=approvals.integer("quorum", 1, MOST_QUORUM) if approvals else 0,
        roles=approvals.words("roles") if approvals else (),
        distinct_actors=approvals.choice("distinct_actors", ("true", "false"), "true") == "true"
        if approvals
        else False,
        expires_seconds=approvals.seconds("expires_in", 86_400) if approvals else 0,
        effects=tuple(_effects(entries)),
    )
    if approvals:
        approvals.close()
    entries.close()
    return transition


def _effects(entries: Reader) -> Iterator[Value]:
    value = entries.value("effects")
    for item in value.items if isinstance(value, Listing) else ():
        if isinstance(item, Call) and item.word.text in EFFECTS and _are_plain(item):
            yield item
        else:
            entries.problems.add(
                "VALUE_WRONG", item.place, f"an effect is one of {', '.join(EFFECTS)}, with its values"
            )
    if value is not None and not isinstance(value, Listing):
        entries.problems.add("VALUE_WRONG", value.place, "`effects` is a list: [set_state(done)]")


def _are_plain(call: Call) -> bool:
    return not call.attribute and all(isinstance(argument, Word | Text | Number) for argument in call.arguments)
