import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from ledger import export
from ledger.kinds import Kind
from ledger.selectors import EntryFilter, entries_matching, entries_since, head
from ledger.services import entry_record, ledger_export, unit
from opsportal.core.actor import SYSTEM, TICKER, Actor, ActorKind
from opsportal.core.errors import InvalidError, NotFoundError, RefusedError
from tests.ledger.factories import append, chain

pytestmark = pytest.mark.django_db
CASE = UUID("00000000-0000-4000-8000-00000000000a")


@pytest.fixture
def institution_id() -> UUID:
    institution_id = chain(2)
    append(institution_id, actor=TICKER, subject="scenario:other")
    with unit(institution_id, SYSTEM):
        entry_record(kind=Kind.FINDING_ACKED, subject=f"finding:{CASE}", actor=SYSTEM, case=CASE, private={"n": "x"})
    return institution_id


def lines(stream: Iterator[bytes]) -> list[str]:
    return b"".join(stream).decode().splitlines()


def test_jsonl_is_the_bytes_and_the_export_is_an_entry(institution_id: UUID) -> None:
    stored = [entry.body for entry in entries_since(institution_id, 0, 10)]
    assert lines(ledger_export(institution_id, form="jsonl", where=EntryFilter(), actor=SYSTEM)) == stored
    last = json.loads(entries_since(institution_id, 4, 1)[0].body)
    assert (last["kind"], last["data"]) == ("LEDGER_EXPORTED", {"format": "jsonl", "size": 4, "filters": []})


def test_csv_has_a_header_and_every_part_of_the_entry(institution_id: UUID) -> None:
    text = b"".join(ledger_export(institution_id, form="csv", where=EntryFilter(), actor=SYSTEM)).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    for row, entry in zip(rows, entries_since(institution_id, 0, 4), strict=True):
        body = json.loads(entry.body)
        assert json.loads(row.pop("data")) == body.pop("data")
        assert row.pop("hash") == entry.hash
        assert row == {key: "" if body[key] is None else str(body[key]) for key in row}


@pytest.mark.parametrize(
    ("where", "seqs"),
    [
        (EntryFilter(kind="FINDING_ACKED"), [4]),
        (EntryFilter(case=CASE), [4]),
        (EntryFilter(actor="ticker"), [3]),
        (EntryFilter(subject="scenario:other"), [3]),
        (EntryFilter(since=timezone.now() - timedelta(days=1)), [1, 2, 3, 4]),
        (EntryFilter(until=timezone.now() - timedelta(days=1)), []),
        (EntryFilter(since=timezone.now() + timedelta(days=1)), []),
        (EntryFilter(kind="SCENARIO_CHANGED", actor="opsportal"), [1, 2]),
    ],
)
def test_a_filter_selects(where: EntryFilter, seqs: list[int], institution_id: UUID) -> None:
    assert [entry.seq for entry in entries_matching(institution_id, where).order_by("seq")] == seqs
    stream = ledger_export(institution_id, form="jsonl", where=where, actor=SYSTEM)
    assert [json.loads(line)["seq"] for line in lines(stream)] == seqs


def test_which_filters_were_set_stands_in_the_entry(institution_id: UUID) -> None:
    list(ledger_export(institution_id, form="csv", where=EntryFilter(kind="X", case=CASE), actor=SYSTEM))
    data = json.loads(entries_since(institution_id, 4, 1)[0].body)["data"]
    assert data["filters"] == ["kind", "case"]


def test_it_streams_in_pieces_and_cuts_nothing(institution_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "CHUNK", 3)
    append(institution_id, count=20)
    stream = ledger_export(institution_id, form="jsonl", where=EntryFilter(), actor=SYSTEM)
    append(institution_id, count=5)
    assert [json.loads(line)["seq"] for line in lines(stream)] == list(range(1, 25))


@pytest.mark.spec("V27")
def test_an_export_holds_one_institution(institution_id: UUID) -> None:
    other = chain(3)
    exported = lines(ledger_export(institution_id, form="jsonl", where=EntryFilter(), actor=SYSTEM))
    assert {json.loads(line)["inst"] for line in exported} == {str(institution_id)}
    stranger = Actor(ActorKind.HUMAN, "usr-1", institution_id)
    with pytest.raises(RefusedError):
        ledger_export(other, form="jsonl", where=EntryFilter(), actor=stranger)
    assert head(other).seq == 3


def test_bad_requests_are_refused_and_leave_nothing(institution_id: UUID) -> None:
    with pytest.raises(InvalidError):
        ledger_export(institution_id, form="xml", where=EntryFilter(), actor=SYSTEM)
    with pytest.raises(NotFoundError):
        ledger_export(uuid4(), form="csv", where=EntryFilter(), actor=SYSTEM)
    assert head(institution_id).seq == 4
