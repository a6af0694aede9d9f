"""Acknowledge many findings at once, and take that back."""

from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.selectors import inbox_waiting
from findings.models import Finding
from findings.services import findings_ack, findings_ack_undo
from ledger.models import Entry, Payload
from opsportal.core.actor import Actor
from opsportal.core.errors import InvalidError, RefusedError
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution
from tests.institutions.factories import actor_make
from tests.scenarios.factories import looked, scenarios_make, spec_make


def wrong(home: Institution, count: int) -> list[UUID]:
    specs = [spec_make(f"web.{number}") for number in range(count)]
    scenarios_make(home, *specs)
    looked(home.pk, *((spec, "down") for spec in specs))
    with institution_scope(home.pk):
        return list(Finding.objects.order_by("pk").values_list("code", flat=True))


def statuses(home: Institution) -> list[str]:
    with institution_scope(home.pk):
        return list(Finding.objects.order_by("pk").values_list("status", flat=True))


def entries(home: Institution) -> int:
    with institution_scope(home.pk):
        return Entry.objects.count()


@pytest.mark.spec("L12")
def test_each_has_its_entry_its_name_and_its_own_commitment_to_the_note(home: Institution, operator: Actor) -> None:
    codes = wrong(home, 3)
    with institution_scope(home.pk):
        moved = findings_ack(institution_id=home.pk, codes=codes, actor=operator, note=" known ")
        assert [finding.code for finding in moved] == codes
        assert {str(finding.acked_by.code) for finding in Finding.objects.all() if finding.acked_by} == {operator.id}
        assert set(Entry.objects.filter(kind="FINDING_ACKED").values_list("case", flat=True)) == set(codes)
        notes = Payload.objects.filter(body='{"note":"known"}')
        assert notes.values("commit").distinct().count() == 3
        assert inbox_waiting(["A1"]) == 0


def test_those_that_are_not_open_stay_as_they_are(home: Institution, operator: Actor) -> None:
    codes = wrong(home, 3)
    looked(home.pk, (spec_make("web.0"), "ok"))
    with institution_scope(home.pk):
        findings_ack(institution_id=home.pk, codes=codes[:2], actor=operator)
        assert findings_ack(institution_id=home.pk, codes=codes, actor=operator)[0].code == codes[2]
        assert statuses(home) == ["resolved", "acked", "acked"]
        moved = findings_ack_undo(institution_id=home.pk, codes=codes, actor=operator)
    assert [finding.code for finding in moved] == codes[1:]
    assert statuses(home) == ["resolved", "open", "open"]


def test_a_hundred_cost_as_many_statements_as_two(home: Institution, operator: Actor) -> None:
    codes = wrong(home, 102)
    with institution_scope(home.pk):
        with CaptureQueriesContext(connection) as few:
            findings_ack(institution_id=home.pk, codes=codes[:2], actor=operator)
        with CaptureQueriesContext(connection) as many:
            findings_ack(institution_id=home.pk, codes=codes[2:], actor=operator)
    assert len(many) <= len(few)


@pytest.mark.parametrize("role", [Role.NOC, Role.AUDITOR, Role.OWNER])
def test_who_may_not_write_is_refused(home: Institution, role: Role) -> None:
    codes, actor = wrong(home, 1), actor_make(home, role)
    before = entries(home)
    with institution_scope(home.pk):
        for verb in (findings_ack, findings_ack_undo):
            with pytest.raises(RefusedError):
                verb(institution_id=home.pk, codes=codes, actor=actor)
    assert entries(home) == before


def test_none_and_too_many_are_refused_by_name(home: Institution, operator: Actor) -> None:
    with institution_scope(home.pk):
        for codes in ([], [uuid4() for _ in range(201)]):
            with pytest.raises(InvalidError) as refusal:
                findings_ack(institution_id=home.pk, codes=codes, actor=operator)
            assert set(refusal.value.errors) == {"selected"}
