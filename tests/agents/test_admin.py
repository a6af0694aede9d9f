"""Conversations in the admin: every page opens, none writes, none shows another institution."""

from uuid import uuid4

import pytest
from django.contrib.contenttypes.models import ContentType

from agents.models import InboxCount, Message, Thread
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution
from tests.institutions.admin_pages import (
    Model,
    assert_reads_only,
    assert_refused,
    assert_shows_here_only,
    browser,
    fill_both,
    list_url,
    master_of,
    queries_of,
    row_url,
)
from tests.institutions.factories import institution_make, member_make

pytestmark = [pytest.mark.django_db, pytest.mark.spec("L42")]
MODELS = [Thread, Message, InboxCount]


@pytest.fixture
def full(home: Institution) -> Institution:
    """An institution and another one, with something of everything in both."""
    with institution_scope(fill_both(home).pk):
        InboxCount.objects.update(inbox="zanzibarian")
    return home


@pytest.mark.spec("V27")
@pytest.mark.parametrize("model", MODELS)
def test_lists_and_rows_open_and_show_the_institution_only(model: Model, full: Institution) -> None:
    assert_shows_here_only(master_of(full), model, full, institution_make("away"))


@pytest.mark.parametrize("model", MODELS)
def test_nothing_is_added_changed_or_deleted_even_by_a_superuser(model: Model, full: Institution) -> None:
    assert_reads_only(master_of(full, is_superuser=True), model, full)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.OWNER])
def test_it_takes_the_admin_and_the_right_to_read(model: Model, role: Role, full: Institution) -> None:
    assert_refused(browser(member_make(full, role).user), list_url(model), row_url(model, full))


@pytest.mark.parametrize("model", [Thread, Message])
def test_a_long_list_costs_as_many_queries_as_a_short_one(model: Model, full: Institution) -> None:
    master = master_of(full)
    few = queries_of(master, list_url(model))
    with institution_scope(full.pk):
        ana = member_make(full, Role.NOC).user
        for number in range(40):
            thread = Thread.objects.create(
                institution=full, subject=f"{number}", primary_agent="A1", subject_kind="finding", case=uuid4()
            )
            Message.objects.create(institution=full, thread=thread, body=f"{number}", acked_by=ana)
    assert queries_of(master, list_url(model)) == few


def test_a_message_is_found_by_its_whole_code_and_by_its_words(full: Institution) -> None:
    master = master_of(full)
    with institution_scope(full.pk):
        found = Message.objects.order_by("pk")[0]
        Message.objects.filter(pk=found.pk).update(body="The queue is long")
    for needle in (str(found.code), "queue long"):
        page = master.get(list_url(Message), {"q": needle}).content.decode()
        assert ("The queue is long" in page, "ours message" in page) == (True, False)
    assert "The queue is long" not in master.get(list_url(Message), {"q": str(uuid4())}).content.decode()


@pytest.mark.spec("V27")
def test_the_way_to_the_portal_is_direct_and_there_is_none_past_the_scope(full: Institution) -> None:
    master = master_of(full)
    with institution_scope(full.pk):
        code = Thread.objects.get().code
    assert f"/i/home/threads/{code}/" in master.get(row_url(Thread, full)).content.decode()
    with institution_scope(institution_make("away").pk):
        alien = Thread.objects.get()
    kind = ContentType.objects.get_for_model(Thread).pk
    assert master.get(f"/admin/r/{kind}/{alien.pk}/").status_code == 404
