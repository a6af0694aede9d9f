"""The API of the ledger."""

import csv
import io
import json
from pathlib import Path

import pytest
from django.utils import timezone

from ledger.kinds import Kind
from ledger.models import Entry
from ledger.selectors import head
from ledger.services import checkpoint_sign, entry_record, unit
from ledger.verifier import opsportal_verify
from opsportal.core.actor import SYSTEM
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution
from tests.api.callers import Caller, anonymous, caller_make, cost
from tests.institutions.factories import institution_make
from tests.ledger.factories import append, body_change

LEDGER = "/api/v1/ledger/"


@pytest.fixture
def home(db: None) -> Institution:
    return institution_make("home")


@pytest.fixture
def auditor(home: Institution) -> Caller:
    return caller_make(home, Role.AUDITOR)


@pytest.mark.spec("V57")
def test_entries_are_listed_as_they_were_hashed(home: Institution, auditor: Caller) -> None:
    append(home.pk, count=3)
    rows = auditor.get(f"{LEDGER}entries").rows
    assert [row["seq"] for row in rows] == [4, 3, 2, 1]
    with institution_scope(home.pk):
        entry = Entry.objects.get(seq=4)
    assert (rows[0]["body"], rows[0]["hash"]) == (entry.body, entry.hash)
    assert (rows[0]["kind"], rows[0]["actor_kind"]) == ("SCENARIO_CHANGED", "system")
    assert {"is_enabled": True, "scenario": "desk.api"}.items() <= rows[0]["data"].items()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"kind": "SCENARIO_CHANGED"}, [4, 3, 2]),
        ({"actor": "opsportal", "subject": "scenario:web"}, [4]),
        ({"since": "2"}, [3, 4]),
        ({"since": "2", "kind": "ACTOR_TOKEN_CREATED"}, []),
        ({"from": "2001-01-01T00:00:00Z", "to": "2002-01-01T00:00:00Z"}, []),
        ({"case": "00000000-0000-4000-8000-000000000000"}, []),
    ],
)
def test_filters_narrow(home: Institution, auditor: Caller, query: dict[str, str], expected: list[int]) -> None:
    append(home.pk, count=2)
    append(home.pk, subject="scenario:web")
    assert [row["seq"] for row in auditor.get(f"{LEDGER}entries", query).rows] == expected


@pytest.mark.parametrize("name", ["kind", "case", "from", "to", "since", "colour"])
def test_a_wrong_filter_is_named(auditor: Caller, name: str) -> None:
    assert auditor.get(f"{LEDGER}entries", {name: "?"}).refusal == (422, "INVALID", [name])


def test_an_entry_shows_the_text_that_it_commits_to(home: Institution, auditor: Caller) -> None:
    with unit(home.pk, SYSTEM):
        entry_record(
            kind=Kind.SCENARIO_CHANGED,
            subject="scenario:web",
            actor=SYSTEM,
            data={"scenario": "web", "is_enabled": True},
            private={"note": "Zoë asked"},
        )
    told = auditor.get(f"{LEDGER}entries/2").json
    assert json.loads(told["private"]["body"]) == {"note": "Zoë asked"}
    assert told["private"]["commit"] == told["data"]["commit"]
    assert "Zoë" not in told["body"]
    assert auditor.get(f"{LEDGER}entries/1").json["private"]["commit"]


@pytest.mark.parametrize("seq", ["99", "0", str(2**63), "9" * 40])
def test_an_entry_that_is_not_there_is_404(auditor: Caller, seq: str) -> None:
    assert auditor.get(f"{LEDGER}entries/{seq}").refusal == (404, "NOT_FOUND", [])


@pytest.mark.spec("V26")
def test_head_checkpoints_and_keys_prove_the_chain(home: Institution, auditor: Caller) -> None:
    append(home.pk, count=2)
    checkpoint = checkpoint_sign(home.pk)
    assert checkpoint is not None
    end = auditor.get(f"{LEDGER}head").json
    assert (end["seq"], end["hash"], end["is_stopped"]) == (4, head(home.pk).hash, False)
    (signed,) = auditor.get(f"{LEDGER}checkpoints").rows
    assert (signed["size"], signed["note"]) == (3, checkpoint.note)
    (key,) = auditor.get(f"{LEDGER}keys").rows
    assert key["kid"] == signed["kid"]
    assert key["verifier_key"].startswith(f"opsportal/ledger/{home.pk}+{key['kid']}+")


@pytest.mark.spec("V57")
def test_what_the_api_hands_out_verifies_without_the_portal(home: Institution, auditor: Caller, tmp_path: Path) -> None:
    append(home.pk, count=30)
    checkpoint_sign(home.pk)
    note, entries = tmp_path / "note.txt", tmp_path / "ledger.jsonl"
    note.write_bytes(auditor.get(f"{LEDGER}checkpoints").rows[0]["note"].encode())
    key = auditor.get(f"{LEDGER}keys").rows[0]["verifier_key"]
    answer = auditor.get(f"{LEDGER}export")
    assert answer.response.headers["Content-Disposition"] == 'attachment; filename="ledger-home.jsonl"'
    entries.write_bytes(b"".join(answer.response.streaming_content))
    assert len(entries.read_bytes().splitlines()) == 32
    with institution_scope(home.pk):
        last = Entry.objects.order_by("-seq")[0]
    assert (last.kind, last.actor) == ("LEDGER_EXPORTED", auditor.access.actor.id)
    payloads = tmp_path / "payloads.jsonl"
    payloads.write_bytes(b"".join(auditor.get(f"{LEDGER}payloads").response.streaming_content))
    assert len(payloads.read_bytes().splitlines()) == 1
    arguments = [str(entries), "--checkpoint", str(note), "--key", key, "--institution", str(home.pk)]
    assert opsportal_verify.main([*arguments, "--payloads", str(payloads)]) == 0
    entries.write_bytes(entries.read_bytes().replace(b"desk.api", b"desk.ape", 1))
    assert opsportal_verify.main(arguments) == 1


def test_an_export_as_a_table_keeps_to_its_filters(home: Institution, auditor: Caller) -> None:
    append(home.pk, count=2)
    answer = auditor.get(f"{LEDGER}export", {"format": "csv", "kind": "SCENARIO_CHANGED"}, Accept="text/csv")
    table = list(csv.DictReader(io.StringIO(b"".join(answer.response.streaming_content).decode())))
    assert [row["seq"] for row in table] == ["2", "3"]
    assert auditor.get(f"{LEDGER}export", {"format": "xlsx"}).refusal == (422, "INVALID", ["format"])


def test_a_verification_is_recorded_and_a_break_is_named(home: Institution, auditor: Caller) -> None:
    append(home.pk, count=5)
    found = auditor.post(f"{LEDGER}verify", {"whole": True}).json
    assert (found["is_intact"], found["after"], found["size"], found["faults"]) == (True, 0, 6, [])
    assert auditor.get(f"{LEDGER}head").json["verified_at"] > timezone.now().isoformat()[:10]
    body_change(home.pk, 3, "desk.api", "desk.ape")
    broken = auditor.post(f"{LEDGER}verify", {"whole": True}).json
    assert broken["is_intact"] is False
    assert broken["faults"][0]["seq"] == 3
    assert auditor.get(f"{LEDGER}head").json["is_stopped"] is True
    assert auditor.get("/api/v1/me").json["institution"]["is_read_only"] is True
    assert auditor.get(f"{LEDGER}entries/3").status == 200


@pytest.mark.parametrize(
    ("role", "may_read", "may_export"),
    [
        (Role.AUDITOR, True, True),
        (Role.TECHNICIAN, True, False),
        (Role.OWNER, True, True),
        (Role.NOC, False, False),
        (Role.SEO, False, False),
    ],
)
def test_who_may_read_and_who_may_take_it_away(home: Institution, role: Role, may_read: bool, may_export: bool) -> None:
    caller = caller_make(home, role)
    for address in ("entries", "entries/1", "head", "checkpoints", "keys"):
        assert caller.get(f"{LEDGER}{address}").status == (200 if may_read else 403)
        assert anonymous(f"{LEDGER}{address}").status == 401
    assert caller.post(f"{LEDGER}verify").status == (200 if may_read else 403)
    assert caller.get(f"{LEDGER}export").status == (200 if may_export else 403)
    assert caller.get(f"{LEDGER}payloads").status == (200 if may_export else 403)


@pytest.mark.spec("V27")
def test_what_is_of_another_institution_is_not_there(home: Institution, auditor: Caller) -> None:
    away = institution_make("away")
    append(away.pk, subject="scenario:secret", count=9)
    assert "secret" not in auditor.get(f"{LEDGER}entries").response.content.decode()
    assert auditor.get(f"{LEDGER}entries/5").status == 404
    assert b"secret" not in b"".join(auditor.get(f"{LEDGER}export").response.streaming_content)


@pytest.mark.spec("L48")
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("address", ["entries", "entries/1", "checkpoints", "keys", "export", "payloads"])
def test_no_door_changes_an_entry(home: Institution, method: str, address: str) -> None:
    caller = caller_make(home, Role.SUPER_ADMIN)
    token = {"Authorization": f"Bearer {caller.token}"}
    assert anonymous(f"{LEDGER}{address}", method=method, **token).refusal == (405, "METHOD_NOT_ALLOWED", [])


@pytest.mark.parametrize("address", ["entries", "entries?kind=SCENARIO_CHANGED", "checkpoints"])
def test_a_list_costs_the_same_whatever_its_size(home: Institution, auditor: Caller, address: str) -> None:
    costs = []
    for count in (2, 20):
        append(home.pk, count=count)
        checkpoint_sign(home.pk)
        costs.append(cost(auditor, f"{LEDGER}{address}"))
    assert costs[0] == costs[1] <= 3
