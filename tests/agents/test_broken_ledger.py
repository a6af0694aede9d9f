"""A ledger that was tampered with: nothing is written any more, and those who must know are told."""

from datetime import timedelta

import pytest
import structlog
from django.test import Client
from django.utils import timezone

from agents.models import InboxCount, Message, Thread
from agents.roster import agent
from agents.services import message_ack, thread_open
from ledger.selectors import EntryFilter, entries_matching, head
from ledger.services import ledger_verify
from ledger.tasks import verify_all
from opsportal.core.actor import SYSTEM
from opsportal.core.errors import FrozenInstitutionError
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution
from opsportal.institutions.services import institution_reopen
from tests.institutions.factories import institution_make, member_make, system_make
from tests.ledger.factories import append, body_change, cut

pytestmark = [pytest.mark.django_db, pytest.mark.spec("V26")]


@pytest.fixture
def system(db: None) -> Institution:
    return system_make()


@pytest.fixture
def tampered(system: Institution, home: Institution) -> Institution:
    """An institution in whose third entry somebody wrote with the triggers dropped."""
    append(home.pk, count=4)
    body_change(home.pk, 3, "true", "false")
    return home


def waiting(institution: Institution) -> list[Message]:
    with institution_scope(institution.pk):
        return list(Message.objects.filter(requires_human=True, acked_at=None).select_related("thread").order_by("pk"))


def test_a_message_waits_in_the_installations_inbox(system: Institution, tampered: Institution) -> None:
    verify_all(whole=True)
    [message] = waiting(system)
    assert (message.inbox, message.severity, message.from_id) == ("vigia", "critical", "vigia")
    assert message.context == {"institution": "home", "fault": "edited", "seq": 3}
    assert message.thread.subject == "Ledger of Home does not verify"
    assert "edited at entry 3" in message.body
    assert "institution_reopen --institution home" in message.body
    with institution_scope(system.pk):
        assert InboxCount.objects.get(inbox="vigia").waiting == 1
    [entry] = entries_matching(system.pk, EntryFilter(kind="MESSAGE_POSTED"))
    assert f"message:{message.code}" in entry.body
    assert "does not verify" not in entry.body
    assert waiting(tampered) == []


def test_every_further_write_is_refused_and_the_pages_open_and_say_so(
    client: Client, system: Institution, tampered: Institution
) -> None:
    with institution_scope(tampered.pk):
        thread = thread_open(institution_id=tampered.pk, subject="Mail", primary_agent=agent("A1"), actor=SYSTEM)
    verify_all(whole=True)
    end = head(tampered.pk).seq
    client.force_login(member_make(tampered, Role.SUPER_ADMIN).user)
    refused = client.post(f"/i/home/threads/{thread.code}/reply", {"body": "still there?"})
    assert refused.status_code == 423
    assert head(tampered.pk).seq == end
    with institution_scope(tampered.pk):
        assert not Message.objects.exists()
        with pytest.raises(FrozenInstitutionError):
            thread_open(institution_id=tampered.pk, subject="Mail", primary_agent=agent("A1"), actor=SYSTEM)
    for path in ("/i/home/", "/i/home/inbox/"):
        page = client.get(path)
        assert page.status_code == 200
        assert "The ledger of this institution does not verify." in page.content.decode()


@pytest.mark.parametrize(("role", "is_told"), [(Role.OWNER, True), (Role.SUPER_ADMIN, True), (Role.TECHNICIAN, False)])
def test_who_answers_for_it_is_told_on_the_pages_of_other_institutions_too(
    client: Client, system: Institution, tampered: Institution, role: Role, is_told: bool
) -> None:
    user = member_make(tampered, role).user
    member_make(institution_make("away"), Role.NOC, user=user)
    verify_all(whole=True)
    client.force_login(user)
    assert ("The ledger of Home does not verify." in client.get("/i/away/health").content.decode()) == is_told


def test_the_log_names_who_must_know_at_the_level_critical(system: Institution, tampered: Institution) -> None:
    owner = member_make(tampered, Role.OWNER).user
    master = member_make(tampered, Role.SUPER_ADMIN, Role.OWNER, username="zoe").user
    member_make(tampered, Role.OPS_LEAD)
    with structlog.testing.capture_logs() as lines:
        verify_all(whole=True)
    [line] = [line for line in lines if line["event"] == "ledger_broken_people_to_tell"]
    assert line["log_level"] == "critical"
    assert (line["slug"], line["fault"], line["seq"]) == ("home", "edited", 3)
    assert line["people"] == [str(owner.code), str(master.code)]


def test_each_break_is_told_once_until_the_institution_was_opened_again(
    system: Institution, tampered: Institution
) -> None:
    verify_all(whole=True)
    verify_all(whole=True)
    [first] = waiting(system)
    with institution_scope(system.pk):
        message_ack(message=first, actor=member_make(system, Role.SUPER_ADMIN).actor)
    verify_all(whole=True)
    assert waiting(system) == []
    institution_reopen(institution=tampered, actor=SYSTEM)
    with institution_scope(system.pk):
        Message.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    verify_all(whole=True)
    [again] = waiting(system)
    assert again.thread_id == first.thread_id
    with institution_scope(system.pk):
        assert Thread.objects.count() == 1


@pytest.mark.parametrize("is_system_first", [True, False])
def test_with_the_installations_ledger_broken_too_everything_is_still_made_read_only(
    system: Institution, tampered: Institution, is_system_first: bool
) -> None:
    append(system.pk, count=4)
    cut(system.pk, 2, rewind=False)
    with structlog.testing.capture_logs() as lines:
        for institution in (system, tampered) if is_system_first else (tampered, system):
            ledger_verify(institution.pk)
    told = {line["slug"] for line in lines if line["event"] == "ledger_broken_people_to_tell"}
    assert told == {"system", "home"}
    for institution in (system, tampered):
        institution.refresh_from_db()
        assert institution.is_read_only
    assert waiting(tampered) == []
