"""The ledger in the admin: every page opens, none writes, none shows another institution."""

import html

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from ledger.admin import LedgerAdmin
from ledger.kinds import Kind
from ledger.models import Checkpoint, Entry, Head, Payload, SigningKey, Stop
from ledger.selectors import entries_since, head
from ledger.services import chain_stop, checkpoint_sign, entry_record, unit
from opsportal.core.actor import SYSTEM
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution
from tests.institutions.factories import institution_make, member_make
from tests.ledger.factories import append

pytestmark = [pytest.mark.django_db, pytest.mark.spec("L48")]
MODELS = [Entry, Head, Checkpoint, SigningKey, Payload, Stop]


@pytest.fixture
def grown(home: Institution) -> Institution:
    """A ledger with a row in each table."""
    append(home.pk, subject="scenario:ours")
    with unit(home.pk, SYSTEM):
        entry_record(kind=Kind.FINDING_ACKED, subject="finding:1", actor=SYSTEM, private={"note": "Maria is ill"})
    checkpoint_sign(home.pk)
    chain_stop(home.pk)
    return home


@pytest.fixture
def master(client: Client, grown: Institution) -> Client:
    """A browser in the hands of the mightiest: a superuser and super_admin."""
    user = member_make(grown, Role.SUPER_ADMIN, username="master").user
    user.is_superuser = user.is_staff = True
    user.save()
    client.force_login(user)
    return client


def pages(model: type) -> str:
    return f"/admin/ledger/{model.__name__.lower()}/"


def row(institution: Institution, model: type) -> str:
    with institution_scope(institution.pk):
        return str(model.objects.first().pk)  # type: ignore[attr-defined]  # each is a model


@pytest.mark.parametrize("model", MODELS)
def test_lists_and_rows_open(model: type, master: Client, grown: Institution) -> None:
    assert master.get(pages(model)).status_code == 200
    assert master.get(f"{pages(model)}{row(grown, model)}/change/").status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_nothing_is_added_changed_or_deleted_even_by_a_superuser(
    model: type, master: Client, grown: Institution
) -> None:
    before = [entry.body for entry in entries_since(grown.pk, 0, 100)]
    pk = row(grown, model)
    for path in (f"{pages(model)}add/", f"{pages(model)}{pk}/change/", f"{pages(model)}{pk}/delete/"):
        assert master.post(path, {"kind": "X", "seq": 1, "post": "yes"}).status_code == 403
    act = {"action": "delete_selected", "_selected_action": [pk], "post": "yes"}
    master.post(pages(model), act)
    assert row(grown, model) == pk
    assert [entry.body for entry in entries_since(grown.pk, 0, 100)] == before


def test_an_entry_is_shown_byte_for_byte(master: Client, grown: Institution) -> None:
    first = entries_since(grown.pk, 0, 1)[0]
    page = master.get(f"{pages(Entry)}{first.pk}/change/").content.decode()
    assert first.body in html.unescape(page)
    assert first.hash in page


@pytest.mark.spec("V27")
def test_entries_of_another_institution_are_not_there(master: Client, grown: Institution) -> None:
    away = institution_make("away")
    append(away.pk, subject="scenario:theirs")
    page = master.get(pages(Entry)).content.decode()
    assert ("scenario:ours" in page, "scenario:theirs" in page) == (True, False)
    found = master.get(f"{pages(Entry)}{row(away, Entry)}/change/", follow=True)
    assert "scenario:theirs" not in found.content.decode()


def test_a_payload_is_shown_without_its_text(master: Client, grown: Institution) -> None:
    page = master.get(f"{pages(Payload)}{row(grown, Payload)}/change/").content.decode()
    assert "finding:1" in page
    assert "Maria" not in page


def test_an_entry_is_found_by_its_subject(master: Client, grown: Institution) -> None:
    page = master.get(pages(Entry), {"q": "finding:1"}).content.decode()
    assert ("FINDING_ACKED" in page, "scenario:ours" in page) == (True, False)


def test_a_long_list_costs_as_many_queries_as_a_short_one(master: Client, home: Institution) -> None:
    with CaptureQueriesContext(connection) as few:
        master.get(pages(Entry))
    other = institution_make("home")
    assert other == home
    with institution_scope(home.pk):
        Stop.objects.all().delete()
    append(home.pk, count=120)
    with CaptureQueriesContext(connection) as many:
        master.get(pages(Entry))
    assert len(many) == len(few)


def test_without_an_institution_there_is_nothing(grown: Institution) -> None:
    assert head(grown.pk).seq > 0
    for model in MODELS:
        page = admin.site._registry[model]
        assert isinstance(page, LedgerAdmin)
        request = RequestFactory().get("/")
        assert not page.has_view_permission(request)
        assert not page.has_module_permission(request)
