"""Print the roster as the documentation page has it."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import override

from agents.profile import Action, Agent, Risk
from agents.roster import roster

HEAD = """# The agents

Written by `python manage.py roster > docs/agents-roster.md`; a test holds it to `agents/roster_data.py`.

An agent is a name for a field of work, with an inbox. It reads, it writes findings and messages, and it proposes.
What it proposes is decided by people, never by an agent and never by a language model. Which scenarios an agent
owns stands in the registry (`owner:`, see [scenarios](scenarios.md)).
"""
RISKS = """
## Risk classes

| class | what it means | who decides |
|---|---|---|
| R0 | observes | nobody is asked |
| R1 | reversible and local: a note, a message, a check run again | nobody is asked; it is logged |
| R2 | changes a service or a file | one person who did not request it |
| R3 | destructive, irreversible, or touches security | two people who did not request it, a reason, a dry run |

*Proposes only*: Trilho and Remediador act by themselves in nothing but looking. `noc` and `auditor` read every inbox
and answer in none; `super_admin` reads and answers in all.
"""


def page() -> str:
    """Return the documentation page, in English."""
    with override("en"):
        return HEAD + "".join(f"{line}\n" for line in _overview()) + RISKS + "".join(map(_section, roster()))


def _overview() -> Iterator[str]:
    yield from ("", "| id | name | codename | field | inbox of |", "|---|---|---|---|---|")
    for who in roster():
        yield f"| {who.id} | {who.name} | `{who.codename}` | {who.role} | {_roles(who.inbox)} |"


def _section(who: Agent) -> str:
    remark = " Proposes only." if who.proposes_only else ""
    reads = "; ".join(str(source) for source in who.reads)
    rows = "".join(
        f"| `{action.name}` | {action.title} | {action.risk} | {_rule(action)} |\n" for action in who.actions
    )
    return (
        f"\n## {who.name} ({who.id})\n\n{who.role}.{remark} Reads: {reads}.\n\n"
        f"| action | what it is | risk | who approves |\n|---|---|---|---|\n{rows}"
    )


def _rule(action: Action) -> str:
    if action.is_automatic:
        return "automatic"
    return (
        f"{_roles(action.approvers)} ({action.risk.votes_needed} of them)"
        if action.risk == Risk.R3
        else _roles(action.approvers)
    )


def _roles(roles: Iterable[str]) -> str:
    return ", ".join(f"`{role}`" for role in roles) or "nobody"


class Command(BaseCommand):
    """``manage.py roster``"""

    help = "Print the roster of agents as markdown."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it."""
        self.stdout.write(page(), ending="")
