"""The documentation of the roster is the roster."""

import pytest

from agents.management.commands.roster import page
from agents.roster import roster
from opsportal.settings.base import BASE_DIR


@pytest.mark.spec("L02")
def test_the_page_is_current() -> None:
    written = (BASE_DIR / "docs" / "agents-roster.md").read_text(encoding="utf-8")
    assert written == page(), "run: python manage.py roster > docs/agents-roster.md"


@pytest.mark.spec("L43")
def test_every_action_stands_there_with_its_risk_and_rule() -> None:
    lines = page().splitlines()
    for action in [action for who in roster() for action in who.actions]:
        (line,) = {line for line in lines if f"| `{action.name}` | {action.title} |" in line}
        assert f"| {action.risk} |" in line
        assert all(f"`{role}`" in line for role in action.approvers)
        assert ("automatic" in line) == action.is_automatic
