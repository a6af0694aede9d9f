"""The roster: every agent with its rules, its scenarios and what waits."""

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from agents.roster import roster
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution
from tests.api.watching import ticked, watch
from tests.institutions.factories import institution_make
from tests.portal.visits import cost, seen, visitor

ROSTER = "/i/home/agents/"


@pytest.fixture
def home(db: None, tmp_path: Path, settings: Settings) -> Institution:
    (tmp_path / "disk.root").touch()
    home = watch(tmp_path, settings, ["disk.root", "disk.report"])
    ticked()
    return home


@pytest.fixture
def lead(home: Institution) -> Client:
    return visitor(home, Role.OPS_LEAD)


def card(page: str, agent_id: str) -> str:
    return page.split(f'id="agent-{agent_id}"')[1].split("</article>", maxsplit=1)[0]


@pytest.mark.spec("L01", "L02", "L43")
def test_every_agent_is_there_with_what_it_reads_does_and_owns(lead: Client) -> None:
    page = seen(lead, ROSTER)
    for who in roster():
        shown = card(page, who.id)
        assert who.name in shown
        assert who.codename in shown
        for role in who.inbox:
            assert f"<code>{role}</code>" in shown
        assert shown.count('class="risk risk-R') == len(who.actions)
    pulso = card(page, "A1")
    assert "after 1 approval by ops_lead" in pulso
    assert "/i/home/scenarios/disk.report/" in pulso
    assert 'title="Down"' in pulso
    assert 'title="OK"' in pulso
    assert "1 waits" in pulso


@pytest.mark.spec("L43")
def test_agents_that_only_propose_say_so(lead: Client) -> None:
    page = seen(lead, ROSTER)
    proposing = {who.id for who in roster() if "It only proposes" in card(page, who.id)}
    assert {"A2", "A7"} <= proposing
    assert proposing == {who.id for who in roster() if who.proposes_only}


def test_an_agent_has_a_page_with_what_waits_for_its_people(home: Institution, lead: Client) -> None:
    page = seen(lead, f"{ROSTER}A1/")
    assert "Waits in its inbox" in page
    assert "Disk space" in page
    assert "/i/home/threads/" in page
    other = seen(visitor(home, Role.SEO), f"{ROSTER}A1/")
    assert "Waits in its inbox" not in other
    assert lead.get(f"{ROSTER}A9/").status_code == 404


def test_the_roster_costs_the_same_for_two_and_for_forty(
    home: Institution, lead: Client, tmp_path: Path, settings: Settings
) -> None:
    few = cost(lead, ROSTER)
    watch(tmp_path, settings, [f"disk.{number}" for number in range(40)])
    ticked()
    assert cost(lead, ROSTER) == few <= 8


@pytest.mark.spec("V27")
def test_another_institution_owns_nothing_of_ours(home: Institution) -> None:
    page = seen(visitor(institution_make("away"), Role.SUPER_ADMIN), "/i/away/agents/")
    assert "disk.root" not in page
    assert "1 waits" not in page


@pytest.mark.spec("L42")
def test_the_roster_is_not_for_everybody(home: Institution) -> None:
    assert visitor(home, Role.OWNER).get(ROSTER).status_code == 403
