from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from agents.models import Thread
from ledger.kinds import Kind
from ledger.selectors import entries_since, head
from ledger.services import state_move, unit
from opsportal.core.actor import SYSTEM
from opsportal.core.errors import ConflictError
from opsportal.core.scope import institution_scope
from opsportal.institutions.models import Institution
from tests.ledger.factories import chain

pytestmark = pytest.mark.django_db
DATA = {"thread": uuid4()}


@pytest.fixture
def thread() -> Thread:
    institution = Institution.objects.create(slug="acme", name="Acme")
    chain(institution_id=institution.pk)
    return Thread.objects.create(institution=institution, subject="Disk", primary_agent="A3", case=uuid4())


def close(thread: Thread, institution_id: UUID | None = None) -> Thread:
    with institution_scope(institution_id or thread.institution_id), unit(thread.institution_id, SYSTEM):
        return state_move(
            thread, to=Thread.Status.CLOSED, kind=Kind.MESSAGE_ACKED, actor=SYSTEM, data=DATA, updated_at=timezone.now()
        )


def test_it_moves_and_records_under_the_case_of_the_object(thread: Thread) -> None:
    before = thread.updated_at
    assert close(thread).status == Thread.Status.CLOSED
    assert thread.updated_at > before
    entry = entries_since(thread.institution_id, 0, 1)[0]
    assert (entry.kind, entry.subject, entry.case) == ("MESSAGE_ACKED", f"thread:{thread.code}", thread.case)


def test_of_two_who_move_the_second_is_told(thread: Thread) -> None:
    with institution_scope(thread.institution_id):
        stale = Thread.objects.get()
    close(thread)
    with pytest.raises(ConflictError, match="is closed and cannot become closed"):
        close(stale)
    assert head(thread.institution_id).seq == 1


def test_the_row_of_another_institution_is_not_touched(thread: Thread) -> None:
    with pytest.raises(ConflictError):
        close(thread, institution_id=uuid4())
    thread.refresh_from_db()
    assert thread.status == Thread.Status.OPEN
    assert head(thread.institution_id).seq == 0


def test_outside_a_unit_nothing_moves(thread: Thread) -> None:
    with institution_scope(thread.institution_id), pytest.raises(RuntimeError, match="unit"):
        state_move(thread, to=Thread.Status.CLOSED, kind=Kind.MESSAGE_ACKED, actor=SYSTEM, data=DATA)
    thread.refresh_from_db()
    assert thread.status == Thread.Status.OPEN
