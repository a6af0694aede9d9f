"""The roster as data: who is there, whose inbox it is, and which actions need a person."""

import pytest

from agents.profile import Action, Agent, Risk
from agents.roster import agent, inboxes_for, roster
from opsportal.core.errors import NotFoundError
from opsportal.institutions.access import Role

OPS = {"super_admin", "ops_lead", "technician", "agentic_operator"}
SEED = [
    ("A0", "Maestro", "orchestrator", {"agentic_operator"}),
    ("A1", "Pulso", "node_health", {"ops_lead"}),
    ("A2", "Trilho", "infra_mail", {"devops"}),
    ("A3", "Carta", "deliverability", {"seo", "technician"}),
    ("A4", "Escudo Mail", "security_mail", {"security_analyst"}),
    ("A5", "Sentinela SOC", "wazuh_soc", {"security_analyst"}),
    ("A6", "Copiloto", "support_copilot", {"technician"}),
    ("A7", "Remediador", "remediation", {"agentic_operator"}),
    ("vigia", "Vigia", "sentinel", OPS),
    ("curador", "Curador", "curator", set()),
]
EVERY_INBOX = tuple(row[0] for row in SEED if row[3])
ACTIONS = [pytest.param(who, action, id=f"{who.id}-{action.name}") for who in roster() for action in who.actions]


@pytest.mark.spec("L01")
def test_the_ten_agents_have_the_names_and_inboxes_of_spec_029() -> None:
    assert [(who.id, who.name, who.codename, set(who.inbox)) for who in roster()] == SEED


@pytest.mark.spec("L02")
@pytest.mark.parametrize("who", roster(), ids=lambda who: str(who.id))
def test_every_agent_says_what_it_is_reads_and_does(who: Agent) -> None:
    assert str(who.role)
    assert len(who.reads) >= 2
    assert len({action.name for action in who.actions}) == len(who.actions) >= 2


@pytest.mark.spec("L42", "L43")
@pytest.mark.parametrize(("who", "action"), ACTIONS)
def test_what_changes_a_system_needs_a_person_of_a_known_role(who: Agent, action: Action) -> None:
    assert set(action.approvers) <= set(Role) - {Role.NOC, Role.AUDITOR}
    assert action.is_automatic == (action.risk in {Risk.R0, Risk.R1})
    assert action.risk.votes_needed == {"R0": 0, "R1": 0, "R2": 1, "R3": 2}[action.risk]


@pytest.mark.spec("L43")
@pytest.mark.parametrize("agent_id", ["A2", "A7"])
def test_trilho_and_remediador_only_look_and_propose(agent_id: str) -> None:
    assert agent(agent_id).proposes_only
    assert {action.risk for action in agent(agent_id).actions if action.is_automatic} == {Risk.R0}
    assert any(not action.is_automatic for action in agent(agent_id).actions)


@pytest.mark.parametrize(("risk", "approvers"), [(Risk.R2, ()), (Risk.R3, ()), (Risk.R0, (Role.OPS_LEAD,))])
def test_a_rule_that_contradicts_its_risk_is_refused(risk: Risk, approvers: tuple[Role, ...]) -> None:
    with pytest.raises(ValueError, match=risk.value):
        Action("x", "X", risk, approvers)


def test_an_agent_that_only_proposes_may_not_act() -> None:
    with pytest.raises(ValueError, match="A9 may only observe and propose"):
        Agent("A9", "x", "X", "x", (), (), (Action("x", "X", Risk.R1),), proposes_only=True)


@pytest.mark.spec("L01", "L42")
@pytest.mark.parametrize(
    ("roles", "seen"),
    [
        ({"seo"}, ("A3",)),
        ({"technician"}, ("A3", "A6", "vigia")),
        ({"ops_lead"}, ("A1", "vigia")),
        ({"agentic_operator"}, ("A0", "A7", "vigia")),
        ({"devops"}, ("A2",)),
        ({"security_analyst"}, ("A4", "A5")),
        ({"seo", "devops"}, ("A2", "A3")),
        ({"super_admin"}, EVERY_INBOX),
        ({"noc"}, EVERY_INBOX),
        ({"auditor"}, EVERY_INBOX),
        ({"developer"}, ()),
        ({"owner", "org_admin", "executive_admin"}, ()),
        (set(), ()),
    ],
)
def test_each_role_sees_its_inboxes(roles: set[str], seen: tuple[str, ...]) -> None:
    assert inboxes_for(roles) == seen


@pytest.mark.spec("L42")
@pytest.mark.parametrize(
    ("roles", "answered"),
    [({"noc"}, ()), ({"auditor"}, ()), ({"noc", "seo"}, ("A3",)), ({"super_admin"}, EVERY_INBOX)],
)
def test_noc_and_auditor_read_but_do_not_answer(roles: set[str], answered: tuple[str, ...]) -> None:
    assert inboxes_for(roles, to_write=True) == answered


def test_an_unknown_agent_or_action_is_not_found() -> None:
    with pytest.raises(NotFoundError, match="A9"):
        agent("A9")
    with pytest.raises(NotFoundError, match=r"service\.explode"):
        agent("A1").action("service.explode")
