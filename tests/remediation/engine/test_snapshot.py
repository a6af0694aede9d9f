"""A snapshot is stored and comes back as it was."""

from typing import Any

import pytest
from hypothesis import given, settings

from opsportal.core.canonical import canonical_text
from remediation.engine import Snapshot, SnapshotError, snapshot_json, snapshot_read
from tests.remediation.engine.factories import ENOUGH_TO_DELETE, asking
from tests.remediation.engine.strategies import snapshots

SNAPSHOT = asking("files.delete", votes=ENOUGH_TO_DELETE, used={"b": 1, "a": 2})


@settings(max_examples=150)
@given(snapshots())
def test_it_comes_back_exactly(snapshot: Snapshot) -> None:
    stored = snapshot_json(snapshot)
    canonical_text(stored)
    assert snapshot_read(stored) == snapshot


def test_free_names_are_pairs_so_that_it_stays_in_the_canonical_profile() -> None:
    stored = snapshot_json(asking(params={"Ö-x": 1}, used={"per.hour": 1}))
    assert (stored["params"], stored["used"]) == ([["Ö-x", 1]], [["per.hour", 1]])
    canonical_text(stored)


def _spoiled(**changes: Any) -> dict[str, Any]:
    return snapshot_json(SNAPSHOT) | changes


VOTE: dict[str, Any] = snapshot_json(SNAPSHOT)["votes"][0]  # type: ignore[index,assignment]
PARTY = VOTE["voter"]


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        {},
        {name: value for name, value in _spoiled().items() if name != "at"},
        _spoiled(more=1),
        _spoiled(at=True),
        _spoiled(at="1"),
        _spoiled(stopped=0),
        _spoiled(autonomy_level=False),
        _spoiled(params={"a": 1}),
        _spoiled(used=[["a", "1"]]),
        _spoiled(used=[["a", True]]),
        _spoiled(used=[["b", 1], ["a", 1]]),
        _spoiled(used=[["a", 1], ["a", 2]]),
        _spoiled(used=[["a"]]),
        _spoiled(used=[[1, 1]]),
        _spoiled(requester=None),
        _spoiled(requester=PARTY | {"more": 1}),
        _spoiled(requester=PARTY | {"roles": "owner"}),
        _spoiled(requester=PARTY | {"roles": [1]}),
        _spoiled(votes={}),
        _spoiled(votes=[VOTE | {"verdict": "perhaps"}]),
        _spoiled(votes=[VOTE | {"at": True}]),
        _spoiled(votes=[VOTE | {"plan": None}]),
        _spoiled(dry_run={"ok": 1, "plan": ""}),
        _spoiled(dry_run={"ok": True}),
    ],
)
def test_it_refuses_what_is_no_snapshot(stored: Any) -> None:
    with pytest.raises(SnapshotError):
        snapshot_read(stored)
