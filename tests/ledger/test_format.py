"""The frozen format: golden bytes, the same from both engines."""

import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
import time_machine

from ledger.entry import KEYS, leaf
from ledger.kinds import Kind
from ledger.selectors import entries_since
from ledger.services import chain_start, entry_record, unit
from opsportal.core.actor import SYSTEM, TICKER

INSTITUTION = UUID("00000000-0000-4000-8000-000000000001")
PAGE = (Path(__file__).parents[2] / "docs" / "ledger-format.md").read_text(encoding="utf-8")

GOLDEN_TICK = (
    '{"actor":"ticker","actor_kind":"schedule","bundle":null,"case":null,"data":{"counts":{"down":1,"ok":2},'
    '"duration_ms":120,"fence":7,"opened":1,"registry":"' + "11" * 32 + '","resolved":null,"runs":"' + "22" * 32 + '",'
    '"tick":"00000000-0000-4000-8000-000000000002","trigger":"ticker"},"inst":"00000000-0000-4000-8000-000000000001",'
    '"kind":"TICK_COMPLETED","prev":"%s","seq":2,"subject":"tick:00000000-0000-4000-8000-000000000002",'
    '"ts":"2026-01-01T00:00:00.000001Z","v":1}'
)


@pytest.mark.django_db
def test_both_engines_write_the_bytes_of_the_documentation() -> None:
    tick = "00000000-0000-4000-8000-000000000002"
    with time_machine.travel(datetime(2026, 1, 1, tzinfo=UTC), tick=False), unit(INSTITUTION, SYSTEM):
        chain_start(INSTITUTION)
        entry_record(
            kind=Kind.INSTITUTION_CREATED,
            subject=f"institution:{INSTITUTION}",
            actor=SYSTEM,
            data={"is_system": False},
        )
    with time_machine.travel(datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC), tick=False), unit(INSTITUTION, TICKER):
        entry_record(
            kind=Kind.TICK_COMPLETED,
            subject=f"tick:{tick}",
            actor=TICKER,
            data={
                "tick": tick,
                "fence": 7,
                "trigger": "ticker",
                "counts": {"ok": 2, "down": 1},
                "registry": "11" * 32,
                "runs": "22" * 32,
                "duration_ms": 120,
                "opened": 1,
                "resolved": None,
            },
        )
    first, second = entries_since(INSTITUTION, 0, 10)
    documented = re.findall(r"```\n(.+)\n```", PAGE)
    assert first.body in documented
    assert first.hash in documented
    assert second.body == GOLDEN_TICK % first.hash
    assert second.hash == leaf(second.body)


def test_no_key_sorts_between_prev_and_seq() -> None:
    assert list(KEYS) == sorted(KEYS)
    assert KEYS.index("seq") == KEYS.index("prev") + 1


def test_the_page_lists_the_keys_in_order() -> None:
    assert re.findall(r"^\| `(\w+)` \|", PAGE, flags=re.MULTILINE) == list(KEYS)
