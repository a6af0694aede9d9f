"""Acknowledge a finding, and take it back."""

import pytest

from agents.selectors import inbox_page, inbox_waiting
from findings.models import Finding
from findings.services import finding_ack, finding_ack_undo
from ledger.models import Entry, Payload
from opsportal.core.actor import Actor
from opsportal.core.errors import ConflictError, InvalidError, RefusedError
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution
from tests.institutions.factories import actor_make
from tests.scenarios.factories import looked, scenarios_make, spec_make


@pytest.fixture
def finding(home: Institution) -> Finding:
    spec = spec_make()
    scenarios_make(home, spec)
    looked(home.pk, (spec, "down"))
    with institution_scope(home.pk):
        return Finding.objects.get()


def entries(home: Institution) -> int:
    with institution_scope(home.pk):
        return Entry.objects.count()


@pytest.mark.spec("L12")
def test_it_keeps_the_name_and_the_note_and_empties_the_inbox(
    home: Institution, operator: Actor, finding: Finding
) -> None:
    with institution_scope(home.pk):
        finding_ack(finding=finding, actor=operator, note=" mine ")
        assert (finding.status, finding.ack_note, str(finding.acked_by.code)) == ("acked", "mine", operator.id)  # type: ignore[union-attr]  # just set
        assert inbox_page(["A1"]).items == []
        (done,) = inbox_page(["A1"], is_done=True).items
        assert str(done.acked_by.code) == operator.id  # type: ignore[union-attr]  # just set
        entry = Entry.objects.get(kind="FINDING_ACKED")
        assert "mine" not in entry.body
        assert "mine" in Payload.objects.get(commit__in=[entry.body.split('"commit":"')[1][:64]]).body


def test_a_second_ack_changes_nothing_and_keeps_the_first_name(
    home: Institution, operator: Actor, finding: Finding
) -> None:
    with institution_scope(home.pk):
        finding_ack(finding=finding, actor=operator)
        before = entries(home)
        again = finding_ack(finding=Finding.objects.get(), actor=actor_make(home, Role.TECHNICIAN), note="late")
        assert str(again.acked_by.code) == operator.id  # type: ignore[union-attr]  # acked above
        assert again.ack_note == ""
        assert entries(home) == before


def test_a_resolved_finding_cannot_be_acked(home: Institution, operator: Actor, finding: Finding) -> None:
    looked(home.pk, (spec_make(), "ok"))
    before = entries(home)
    with institution_scope(home.pk), pytest.raises(ConflictError):
        finding_ack(finding=finding, actor=operator)
    assert entries(home) == before


@pytest.mark.parametrize("role", [Role.NOC, Role.AUDITOR, Role.OWNER])
def test_who_may_not_write_is_refused(home: Institution, finding: Finding, role: Role) -> None:
    before = entries(home)
    with institution_scope(home.pk), pytest.raises(RefusedError):
        finding_ack(finding=finding, actor=actor_make(home, role))
    assert entries(home) == before


def test_a_note_that_is_too_long_is_refused_by_name(home: Institution, operator: Actor, finding: Finding) -> None:
    with institution_scope(home.pk), pytest.raises(InvalidError) as refusal:
        finding_ack(finding=finding, actor=operator, note="x" * 501)
    assert set(refusal.value.errors) == {"note"}


def test_undo_opens_it_again_and_it_waits_again(home: Institution, operator: Actor, finding: Finding) -> None:
    with institution_scope(home.pk):
        finding_ack(finding=finding, actor=operator)
        finding_ack_undo(finding=finding, actor=operator)
        assert (finding.status, finding.acked_by, finding.acked_at) == ("open", None, None)
        assert inbox_waiting(["A1"]) == len(inbox_page(["A1"]).items) == 1
        with pytest.raises(ConflictError):
            finding_ack_undo(finding=finding, actor=operator)


def test_taking_back_does_not_open_what_has_resolved_meanwhile(
    home: Institution, operator: Actor, finding: Finding
) -> None:
    with institution_scope(home.pk):
        finding_ack(finding=finding, actor=operator)
    looked(home.pk, (spec_make(), "ok"))
    before = entries(home)
    with institution_scope(home.pk), pytest.raises(ConflictError):
        finding_ack_undo(finding=finding, actor=operator)
    with institution_scope(home.pk):
        assert Finding.objects.get().status == "resolved"
    assert entries(home) == before
