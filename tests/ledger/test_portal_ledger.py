"""The pages of the ledger: the timeline and its filters, one entry, proofs, verification, export."""

import csv
import io
import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client

from agents.chronicle import lines_of
from ledger.guards import guards_create, guards_drop
from ledger.kinds import Kind
from ledger.models import Checkpoint, Entry
from ledger.services import checkpoint_sign, entry_record, payload_erase, unit
from opsportal.core.actor import Actor
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Permission, Role
from opsportal.institutions.models import Institution, User
from opsportal.portal.ledger_pages.payloads import private_of
from tests.institutions.factories import actor_make, institution_make
from tests.ledger.factories import append
from tests.portal.visits import HTMX, cost, pressed, seen, visitor

LEDGER = "/i/home/ledger/"
CASE = uuid4()


@pytest.fixture
def ana(home: Institution) -> Actor:
    return actor_make(home, Role.OPS_LEAD)


@pytest.fixture
def auditor(home: Institution) -> Client:
    return visitor(home, Role.AUDITOR, username="aud")


def newest(home: Institution) -> Entry:
    with institution_scope(home.pk):
        return Entry.objects.latest("seq")


def acked(home: Institution, actor: Actor, *, note: str = "") -> Entry:
    with unit(home.pk, actor):
        private = {"note": note} if note else None
        entry_record(kind=Kind.FINDING_ACKED, subject=f"finding:{CASE}", actor=actor, case=CASE, private=private)
    return newest(home)


def test_the_timeline_says_who_did_what_and_links_to_it(home: Institution, ana: Actor, auditor: Client) -> None:
    entry = acked(home, ana)
    page = seen(auditor, LEDGER)
    assert "<strong>ops_lead-home</strong> acknowledged the finding" in page
    assert f"/i/home/findings/{CASE}/" in page
    assert f"?case={CASE}" in page
    assert f"{LEDGER}{entry.seq}/" in page
    assert entry.hash in page  # behind "raw"


@pytest.mark.spec("L45")
def test_the_text_beside_the_chain_is_hidden_from_who_may_not_read_personal_data(home: Institution, ana: Actor) -> None:
    (line,) = lines_of([acked(home, ana, note="Maria looks after it")])
    hidden, shown = private_of(line, {Permission.LEDGER_READ}), private_of(line, {Permission.PERSONAL_READ})
    assert hidden is not None
    assert shown is not None
    assert (hidden.is_hidden, hidden.fields) == (True, {})
    assert (shown.is_hidden, shown.fields, shown.is_true) == (False, {"note": "Maria looks after it"}, True)


def test_each_filter_narrows_by_itself(home: Institution, ana: Actor, auditor: Client) -> None:
    append(home.pk, count=3)
    acked(home, ana)
    for query, count in (
        ("", 4),
        ("kind=FINDING_ACKED", 1),
        ("kind=finding_acked", 1),
        (f"case={CASE}", 1),
        (f"actor={ana.id}", 1),
        ("subject=scenario:desk.api", 3),
        ("actor=opsportal&kind=FINDING_ACKED", 0),
        ("from=2000-01-01&to=2001-01-01", 0),
        ("from=2000-01-01", 4),
    ):
        assert seen(auditor, f"{LEDGER}?{query}").count('id="entry-') == count, query


@time_machine.travel(datetime(2026, 3, 1, 23, 30, tzinfo=UTC), tick=False)
def test_a_day_is_the_whole_day_in_the_zone_of_the_reader(home: Institution) -> None:
    reader = visitor(home, Role.AUDITOR, username="far")
    append(home.pk)
    assert seen(reader, f"{LEDGER}?from=2026-03-01&to=2026-03-01").count('id="entry-') == 1
    assert seen(reader, f"{LEDGER}?to=2026-02-28").count('id="entry-') == 0
    User.objects.filter(username="far").update(timezone="Asia/Tokyo")  # there it is already the second
    assert seen(reader, f"{LEDGER}?from=2026-03-02").count('id="entry-') == 1
    assert seen(reader, f"{LEDGER}?to=2026-03-01").count('id="entry-') == 0


def test_a_filter_that_cannot_be_read_is_refused_by_name(auditor: Client) -> None:
    page = seen(auditor, f"{LEDGER}?case=x&from=yesterday&to=2026-13-01", status=422)
    for name in ("case", "from", "to"):
        assert f"<strong>{name}</strong>" in page


def test_the_timeline_costs_the_same_for_two_and_for_sixty(home: Institution, ana: Actor, auditor: Client) -> None:
    acked(home, ana)
    few = cost(auditor, LEDGER)
    append(home.pk, count=60)
    acked(home, ana)
    assert cost(auditor, LEDGER) == few <= 8
    page = seen(auditor, LEDGER)
    assert page.count('id="entry-') == 50
    older = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert seen(auditor, older).count('id="entry-') == 12


def test_the_first_page_knows_what_was_written_since(home: Institution, ana: Actor, auditor: Client) -> None:
    append(home.pk, count=2)
    page = seen(auditor, LEDGER)
    assert f"{LEDGER}newer?since=2" in page
    assert "newer?" not in seen(auditor, f"{LEDGER}?actor={ana.id}")
    assert "newer entr" not in seen(auditor, f"{LEDGER}newer?since=2")
    append(home.pk)
    assert "1 newer entry" in seen(auditor, f"{LEDGER}newer?since=2")
    assert auditor.get(f"{LEDGER}newer?since=x", headers=HTMX).status_code == 422


def test_an_empty_ledger_teaches(auditor: Client) -> None:
    assert "Nothing happened yet" in seen(auditor, LEDGER)
    assert "Nothing matches" in seen(auditor, f"{LEDGER}?kind=FINDING_ACKED")


def test_an_entry_shows_its_bytes_its_neighbours_and_what_signs_it(
    home: Institution, ana: Actor, auditor: Client
) -> None:
    append(home.pk)
    entry = acked(home, ana)
    append(home.pk)
    page = seen(auditor, f"{LEDGER}{entry.seq}/")
    assert entry.body.replace('"', "&quot;") in page
    assert entry.hash in page
    assert f"{LEDGER}{entry.seq - 1}/" in page
    assert f"{LEDGER}{entry.seq + 1}/" in page
    assert "not yet: the next checkpoint covers it" in page
    checkpoint_sign(home.pk)
    assert "by the checkpoint over 3 entries" in seen(auditor, f"{LEDGER}{entry.seq}/")
    assert auditor.get(f"{LEDGER}99/").status_code == 404
    assert auditor.get(f"{LEDGER}0/").status_code == 404


def test_the_text_beside_the_chain_is_shown_checked_and_erasable(
    home: Institution, ana: Actor, auditor: Client
) -> None:
    entry = acked(home, ana, note="Maria looks after it")
    path = f"{LEDGER}{entry.seq}/"
    page = seen(auditor, path)
    assert "Maria looks after it" in page
    assert "It is the text that the entry commits to." in page
    commit = json.loads(entry.body)["data"]["commit"]
    payload_erase(home.pk, commit=commit, reason="subject-request", actor=ana)
    page = seen(auditor, path)
    assert "Maria" not in page
    assert "The text was erased." in page


def test_verify_now_finds_a_whole_chain_intact_and_writes_that_down(
    home: Institution, ana: Actor, auditor: Client
) -> None:
    acked(home, ana)
    assert "The ledger is intact" in pressed(auditor, f"{LEDGER}verify")
    assert newest(home).kind == Kind.LEDGER_VERIFIED
    assert "aud" in seen(auditor, LEDGER)


@pytest.mark.spec("L48")
def test_verify_now_names_the_entry_that_somebody_changed(home: Institution, ana: Actor, auditor: Client) -> None:
    append(home.pk, count=3)
    guards_drop(connection)
    try:
        Entry._base_manager.filter(institution_id=home.pk, seq=2).update(actor="mallory")
    finally:
        guards_create(connection)
    page = pressed(auditor, f"{LEDGER}verify")
    assert "The ledger does not verify" in page
    assert f'href="{LEDGER}2/"' in page


def test_the_proofs_show_head_checkpoints_and_key(home: Institution, auditor: Client) -> None:
    append(home.pk, count=2)
    assert "None yet" in seen(auditor, f"{LEDGER}proof")
    checkpoint_sign(home.pk)
    with institution_scope(home.pk):
        note = Checkpoint.objects.get()
    page = seen(auditor, f"{LEDGER}proof")
    assert note.root in page
    assert newest(home).hash in page
    assert f"opsportal/ledger/{home.pk}+{note.kid}+" in page
    assert note.note.splitlines()[-1] in page


@pytest.mark.spec("V59")
def test_an_export_is_the_bytes_as_hashed_and_is_written_down(home: Institution, ana: Actor, auditor: Client) -> None:
    append(home.pk, count=2)
    acked(home, ana)
    with institution_scope(home.pk):
        bodies = list(Entry.objects.order_by("seq").values_list("body", flat=True))
    answer = auditor.post(f"{LEDGER}export/jsonl")
    assert b"".join(answer).decode() == "".join(f"{body}\n" for body in bodies)
    assert answer["Content-Disposition"].startswith('attachment; filename="home-ledger-')
    assert newest(home).kind == Kind.LEDGER_EXPORTED


def test_an_export_takes_the_filters_of_the_timeline(home: Institution, ana: Actor, auditor: Client) -> None:
    append(home.pk, count=2)
    acked(home, ana)
    answer = auditor.post(f"{LEDGER}export/csv", {"case": str(CASE)})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode())))
    assert [row["kind"] for row in rows] == ["FINDING_ACKED"]
    assert auditor.post(f"{LEDGER}export/xml", headers=HTMX).status_code == 422
    assert auditor.post(f"{LEDGER}export/csv", {"case": "x"}, headers=HTMX).status_code == 422
    assert auditor.get(f"{LEDGER}export/csv").status_code == 405


@pytest.mark.spec("L42")
def test_who_may_read_and_who_may_take_it_away(home: Institution) -> None:
    lead, seo = visitor(home, Role.OPS_LEAD, username="lead"), visitor(home, Role.SEO)
    assert "export/jsonl" not in seen(lead, LEDGER)
    assert lead.post(f"{LEDGER}export/jsonl").status_code == 403
    assert pressed(lead, f"{LEDGER}verify")
    for path in ("", "proof", "1/"):
        assert seo.get(f"{LEDGER}{path}").status_code == 403
    assert seo.post(f"{LEDGER}verify").status_code == 403


@pytest.mark.spec("V27")
def test_another_institution_has_a_ledger_of_its_own(home: Institution, ana: Actor) -> None:
    entry = acked(home, ana)
    stranger = visitor(institution_make("away"), Role.SUPER_ADMIN)
    assert 'id="entry-' not in seen(stranger, "/i/away/ledger/")
    assert stranger.get(f"/i/away/ledger/{entry.seq}/").status_code == 404
    assert entry.body.encode() not in b"".join(stranger.post("/i/away/ledger/export/jsonl"))
