"""From the written form to a contract, section by section."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from remediation.contracts.contract import Contract, System
from remediation.contracts.diagnostics import Place, Problems
from remediation.contracts.read_entities import context_read, entities_read
from remediation.contracts.read_limits import budgets_read, emergencies_read, windows_read
from remediation.contracts.read_operations import actors_read, endpoints_read, system_read
from remediation.contracts.read_rules import (
    approvals_read,
    autonomy_read,
    duties_read,
    invariants_read,
    mandates_read,
    policies_read,
)
from remediation.contracts.read_workflows import workflows_read
from remediation.contracts.syntax import Block, Document, Word

SECTIONS = (
    "system",
    "actors",
    "entities",
    "policy_context",
    "invariants",
    "approval_rules",
    "separation_of_duties",
    "policies",
    "mandates",
    "autonomy",
    "freeze",
    "budgets",
    "emergency",
    "workflows",
    "operations",
)
NEEDED = ("system", "actors", "operations")
Item = TypeVar("Item")


def contract_read(document: Document, problems: Problems) -> Contract:
    """Return what the document says, noting what no section knows. What is missing is noted, and empty."""
    sections = _sections(document, problems)
    level, autonomy = autonomy_read(sections["autonomy"], problems) if "autonomy" in sections else (0, ())

    def all_of(name: str, read: Callable[[Block, Problems], Iterator[Item]]) -> tuple[Item, ...]:
        return tuple(read(sections[name], problems)) if name in sections else ()

    return Contract(
        system=_system(sections.get("system"), problems),
        actors=all_of("actors", actors_read),
        entities=all_of("entities", entities_read),
        policy_context=all_of("policy_context", context_read),
        invariants=all_of("invariants", invariants_read),
        approval_rules=all_of("approval_rules", approvals_read),
        duties=all_of("separation_of_duties", duties_read),
        workflows=all_of("workflows", workflows_read),
        policies=all_of("policies", policies_read),
        mandates=all_of("mandates", mandates_read),
        current_level=level,
        autonomy=autonomy,
        windows=all_of("freeze", windows_read),
        budgets=all_of("budgets", budgets_read),
        emergencies=all_of("emergency", emergencies_read),
        endpoints=all_of("operations", endpoints_read),
    )


def _system(section: Block | None, problems: Problems) -> System:
    if section is not None:
        return system_read(section, problems)
    nothing = Place(1, 1)
    return system_read(Block(Word("system", nothing), Word("x", nothing), None, (), nothing), Problems())


def _sections(document: Document, problems: Problems) -> dict[str, Block]:
    found: dict[str, Block] = {}
    for section in document.sections:
        name = section.keyword.text
        if name not in SECTIONS:
            message = f"there is no section `{name}`; there are {', '.join(SECTIONS)}"
            problems.add("SECTION_UNKNOWN", section.place, message)
        elif name in found:
            problems.add("NAME_TWICE", section.place, f"the section `{name}` stands twice")
        elif name != "system" and (section.name or section.subject):
            problems.add("BLOCK_UNKNOWN", section.place, f"the section `{name}` has no name")
        found.setdefault(name, section)
    for name in NEEDED:
        if name not in found:
            problems.add("SECTION_MISSING", Place(1, 1), f"the section `{name}` is missing")
    return found
