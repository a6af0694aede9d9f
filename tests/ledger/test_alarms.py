import json
from uuid import UUID

import pytest

from ledger import alarms
from ledger.alarms import alarm_register
from ledger.kinds import Kind
from ledger.selectors import EntryFilter, entries_matching, head, verified_at
from ledger.services import chain_stop, checkpoint_sign, ledger_verify
from ledger.tasks import verify_all
from opsportal.core.errors import FrozenInstitutionError
from opsportal.institutions.models import Institution
from tests.ledger.factories import append, body_change, chain, cut

pytestmark = [pytest.mark.django_db, pytest.mark.spec("V26")]


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[UUID, str, int]]:
    """What the alarms were told, with nobody else listening."""
    heard: list[tuple[UUID, str, int]] = []
    monkeypatch.setattr(alarms, "_alarms", {})
    alarm_register("test", lambda institution_id, fault, seq: heard.append((institution_id, fault, seq)))
    return heard


def entries(institution_id: UUID, kind: Kind) -> list[dict[str, object]]:
    found = entries_matching(institution_id, EntryFilter(kind=kind)).order_by("seq")
    return [json.loads(entry.body)["data"] for entry in found]


def test_an_intact_chain_says_when_it_was_verified(heard: list[tuple[UUID, str, int]]) -> None:
    institution_id = chain(3)
    assert verified_at(institution_id) is None
    end = head(institution_id).hash
    assert ledger_verify(institution_id).is_intact
    assert entries(institution_id, Kind.LEDGER_VERIFIED) == [{"after": 0, "size": 3, "head": end}]
    assert verified_at(institution_id) is not None
    assert heard == []


def test_a_broken_chain_is_told_to_the_alarms_each_time(heard: list[tuple[UUID, str, int]]) -> None:
    institution_id = chain(3)
    body_change(institution_id, 2, "true", "false")
    assert not ledger_verify(institution_id).is_intact
    assert not ledger_verify(institution_id).is_intact
    assert heard == [(institution_id, "edited", 2)] * 2
    assert entries(institution_id, Kind.LEDGER_TAMPER_DETECTED)[0] == {"fault": "edited", "seq": 2}
    assert verified_at(institution_id) is None


def test_a_stopped_chain_is_verified_too(heard: list[tuple[UUID, str, int]]) -> None:
    institution_id = chain(3)
    chain_stop(institution_id)
    assert ledger_verify(institution_id).is_intact
    body_change(institution_id, 2, "true", "false")
    ledger_verify(institution_id)
    assert heard == [(institution_id, "edited", 2)]
    assert head(institution_id).seq == 3


def test_the_institution_becomes_read_only(home: Institution) -> None:
    append(home.pk, count=3)
    seq = head(home.pk).seq
    body_change(home.pk, seq, "true", "false")
    ledger_verify(home.pk)
    home.refresh_from_db()
    assert home.is_read_only
    with pytest.raises(FrozenInstitutionError):
        append(home.pk)


def test_a_chain_too_broken_to_take_the_entry_is_still_told(heard: list[tuple[UUID, str, int]]) -> None:
    institution_id = chain(3)
    cut(institution_id, 1, rewind=False)
    ledger_verify(institution_id)
    assert heard == [(institution_id, "truncated", 2)]


def test_the_task_goes_through_all_chains_from_their_last_checkpoints(heard: list[tuple[UUID, str, int]]) -> None:
    sound, broken = sorted([chain(3), chain(3)])
    checkpoint_sign(sound)
    body_change(broken, 2, "true", "false")
    verify_all()
    assert heard == [(broken, "edited", 2)]
    assert [data["after"] for data in entries(sound, Kind.LEDGER_VERIFIED)] == [3]
    verify_all(whole=True)
    assert [data["after"] for data in entries(sound, Kind.LEDGER_VERIFIED)] == [3, 0]
