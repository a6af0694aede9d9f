"""What agents say about findings without a model."""

import pytest

from agents.models import Thread
from agents.selectors import thread_messages
from agents.services import chat_ask, thread_reply
from opsportal.core.actor import Actor
from opsportal.core.scope import institution_scope
from opsportal.institutions.models import Institution
from tests.scenarios.factories import looked, scenarios_make, spec_make


def ask(home: Institution, actor: Actor, question: str, **options: object) -> str:
    return chat_ask(institution_id=home.pk, question=question, actor=actor, **options).body  # type: ignore[arg-type]  # keywords of chat_ask


@pytest.mark.spec("L28", "L30")
def test_questions_about_findings_are_answered_from_evidence(home: Institution, operator: Actor) -> None:
    spec = spec_make(owner="A1")
    scenarios_make(home, spec)
    with institution_scope(home.pk):
        assert ask(home, operator, "what is open?") == "There is no open finding."
    looked(home.pk, (spec, "down"))
    with institution_scope(home.pk):
        told = ask(home, operator, "what is open?")
        assert told.startswith("high: The web.shop: down (bad status), seen 1 times since")
        assert ask(home, operator, "status of web.shop?") == told
        assert ask(home, operator, "what is open?", target_agent="A3") == "There is no open finding that Carta owns."
        assert "did not understand" in ask(home, operator, "what is open?", include_findings=False)


def test_an_agent_reports_on_the_finding_of_its_thread(home: Institution, operator: Actor) -> None:
    spec = spec_make(owner="A1")
    scenarios_make(home, spec)
    looked(home.pk, (spec, "down"))
    with institution_scope(home.pk):
        thread = Thread.objects.get(subject_kind="finding")
        thread_reply(thread=thread, body="Why?", actor=operator, target_agent="A0")
        lines = [(message.from_id, message.body) for message in thread_messages(thread)]
        assert lines[-2] == ("A0", "Pulso, this one is yours: please report.")
        assert lines[-1][0] == "A1"
        assert "restart it" in lines[-1][1]
