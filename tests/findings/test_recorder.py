"""What ticks do to findings."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import InboxCount, Message
from agents.selectors import inbox_page, inbox_waiting
from findings.models import Finding
from findings.services import finding_ack
from ledger.models import Entry
from opsportal.core.actor import Actor
from opsportal.core.scope import institution_scope
from opsportal.institutions.models import Institution
from scenarios.models import CheckState, Run, Scenario
from tests.scenarios.factories import looked, scenarios_make, spec_make


def kinds(home: Institution) -> list[str]:
    with institution_scope(home.pk):
        return [
            kind for kind in Entry.objects.order_by("seq").values_list("kind", flat=True) if kind.startswith("FIND")
        ]


@pytest.mark.spec("L33", "L47", "L28")
def test_a_persisting_problem_is_one_finding_with_a_counter_and_recovery_closes_it(home: Institution) -> None:
    spec = spec_make(owner="A1")
    scenarios_make(home, spec)
    for _ in range(3):
        assert looked(home.pk, (spec, "down")) == {"web.shop": 1}
    with institution_scope(home.pk):
        finding = Finding.objects.get()
        assert (finding.count, finding.status, finding.severity) == (3, "open", "high")
        assert finding.evidence["measured"] == {"status": 503}
        assert finding.evidence["expected"] == {"status": "== 200"}
        assert "restart it" in finding.human_action["en"]
        assert "503" in finding.human_action["pt-br"]
        assert [message.body.splitlines()[0] for message in inbox_page(["A1"]).items] == [
            "The web.shop: down. Bad status: measured status 503; expected status == 200."
        ]
    assert looked(home.pk, (spec, "ok")) == {"web.shop": 0}
    with institution_scope(home.pk):
        assert Finding.objects.get().status == "resolved"
        assert inbox_page(["A1"]).items == []
        assert inbox_waiting(["A1"]) == 0
        assert CheckState.objects.count() == 0
        assert [run.state for run in Run.objects.order_by("pk")] == ["down", "down", "down", "ok"]
        assert Scenario.objects.get().state == "ok"
    assert kinds(home) == ["FINDING_OPENED", "FINDING_RESOLVED"]


def test_the_same_problem_again_is_the_same_row_opened_again(home: Institution, operator: Actor) -> None:
    spec = spec_make()
    scenarios_make(home, spec)
    looked(home.pk, (spec, "down"))
    with institution_scope(home.pk):
        finding_ack(finding=Finding.objects.get(), actor=operator, note="mine")
    looked(home.pk, (spec, "ok"))
    looked(home.pk, (spec, "down"))
    with institution_scope(home.pk):
        finding = Finding.objects.get()
        assert (finding.status, finding.reopen_count, finding.count, finding.acked_by) == ("open", 1, 1, None)
        assert Message.objects.filter(thread__subject_id=str(finding.code)).count() == 3
        assert inbox_waiting(["A1"]) == 1
    assert kinds(home) == ["FINDING_OPENED", "FINDING_ACKED", "FINDING_RESOLVED", "FINDING_REOPENED"]


def test_hysteresis_waits_both_ways(home: Institution) -> None:
    spec = spec_make(down_after=2, up_after=2)
    scenarios_make(home, spec)
    assert looked(home.pk, (spec, "down")) == {"web.shop": 0}
    assert looked(home.pk, (spec, "down")) == {"web.shop": 1}
    assert looked(home.pk, (spec, "ok")) == {"web.shop": 1}
    assert looked(home.pk, (spec, "down")) == {"web.shop": 1}
    assert looked(home.pk, (spec, "ok")) == {"web.shop": 1}
    assert looked(home.pk, (spec, "ok")) == {"web.shop": 0}


def test_one_dead_parent_is_one_page_and_its_children_are_counted(home: Institution) -> None:
    router = spec_make("router", owner="A2")
    children = [spec_make(f"vm.n{number}", owner="A1", depends_on=("router",)) for number in range(20)]
    scenarios_make(home, router, *children)
    everything = [(router, "down"), *((child, "down") for child in children)]
    for _ in range(4):
        looked(home.pk, *everything)
    with institution_scope(home.pk):
        finding = Finding.objects.get()
        assert (finding.scenario.name, finding.affected_count, finding.count) == ("router", 20, 4)
        assert Scenario.objects.filter(state="unknown", cause="router").count() == 20
        assert inbox_waiting(["A1", "A2"]) == 1
        delegation = Message.objects.get(from_id="A0")
        assert delegation.to_id == "A1"
        assert "vm.n19" in delegation.body
    looked(home.pk, (router, "ok"), *((child, "ok") for child in children))
    with institution_scope(home.pk):
        assert set(Finding.objects.values_list("status", flat=True)) == {"resolved"}
        assert Scenario.objects.exclude(cause="").count() == 0
    assert kinds(home) == ["FINDING_OPENED", "FINDING_RESOLVED"]


def test_a_finding_behind_a_parent_that_dies_later_is_not_counted_but_names_the_cause(home: Institution) -> None:
    router, child = spec_make("router"), spec_make("app", depends_on=("router",))
    scenarios_make(home, router, child)
    looked(home.pk, (router, "ok"), (child, "down"))
    looked(home.pk, (router, "down"), (child, "down"))
    with institution_scope(home.pk):
        finding = Finding.objects.get(scenario__name="app")
        assert (finding.count, finding.cause, finding.status) == (1, "router", "open")


def test_it_is_told_again_when_it_gets_worse(home: Institution, operator: Actor) -> None:
    spec = spec_make(severity="critical")
    scenarios_make(home, spec)
    looked(home.pk, (spec, "degraded"))
    with institution_scope(home.pk):
        assert Finding.objects.get().severity == "high"
    looked(home.pk, (spec, "down"))
    with institution_scope(home.pk):
        assert Finding.objects.get().severity == "critical"
        assert inbox_waiting(["A1"]) == 2
    assert kinds(home) == ["FINDING_OPENED", "FINDING_WORSENED"]


def test_looks_that_see_nothing_open_nothing_at_first_and_are_told_in_the_end(home: Institution) -> None:
    spec = spec_make(severity="critical")
    scenarios_make(home, spec)
    counts = [looked(home.pk, (spec, "unknown"))["web.shop"] for _ in range(3)]
    assert counts == [0, 0, 1]
    with institution_scope(home.pk):
        assert (Finding.objects.get().state, Finding.objects.get().severity) == ("unknown", "medium")


def test_what_is_not_configured_never_alarms_and_closes_what_was_open(home: Institution) -> None:
    scenarios_make(home, spec_make())
    looked(home.pk, (spec_make(), "down"))
    off = spec_make(missing=("VM123_IP",))
    assert looked(home.pk, (off, "down")) == {"web.shop": 0}
    with institution_scope(home.pk):
        assert Finding.objects.get().status == "resolved"
        assert Scenario.objects.get().state == "not_configured"


def test_two_checks_of_one_scenario_are_two_findings(home: Institution) -> None:
    spec = spec_make(checks=("api", "portal"))
    scenarios_make(home, spec)
    assert looked(home.pk, (spec, "down")) == {"web.shop": 2}
    with institution_scope(home.pk):
        assert sorted(Finding.objects.values_list("title", flat=True)) == ["The web.shop: api", "The web.shop: portal"]


@pytest.mark.parametrize("failing", [5, 50])
def test_the_number_of_queries_does_not_depend_on_how_many_fail(home: Institution, failing: int) -> None:
    specs = [spec_make(f"s.n{number}") for number in range(60)]
    scenarios_make(home, *specs)
    seen = [(spec, "down" if number < failing else "ok") for number, spec in enumerate(specs)]
    InboxCount.objects.model._base_manager.create(institution=home, inbox="A1")
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            looked(home.pk, *seen)
        counts.append(len(queries))
    assert counts[0] <= 32
    assert counts[1] <= 20
