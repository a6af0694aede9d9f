"""Snapshots of every kind: few people, few plans and few moments, so that they often meet at a boundary."""

from typing import Any

from hypothesis import strategies as st

from remediation.engine import DryRun, Party, Snapshot, Vote
from tests.remediation.engine.factories import EXPIRES, INSTITUTION, NAMES, NOW, PARTIES, PLAN, TARGET

ROLES = ("owner", "clerk", "helper", "auditor", "")
PLANS = (PLAN, "0" * 64, "")
moments = st.sampled_from([NOW - 1, NOW, EXPIRES - 1, EXPIRES, EXPIRES + 1])
odd = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
    max_leaves=4,
)
fitting: dict[str, list[dict[str, Any]]] = {
    "files.list": [{}, {"path": "."}, {"limit": 1}, {"limit": True}, {"path": "a\0"}],
    "files.tidy": [{"mode": "soft"}, {"force": True}, {"force": 1}, {"mode": "SOFT"}],
    "files.move": [{"paths": ["a"], "target": "b"}, {"paths": ["a"] * 11, "target": "b"}, {"paths": ["a"]}],
    "files.delete": [{"paths": ["a"]}, {"paths": ["."]}, {"paths": []}],
    "files.wipe": [{"paths": ["a"]}],
}


@st.composite
def parties(draw: st.DrawFn) -> Party:
    """Mostly somebody known, at times with other roles or another account."""
    known = draw(st.sampled_from(PARTIES))
    if draw(st.booleans()):
        return known
    roles = tuple(draw(st.lists(st.sampled_from(ROLES), max_size=3)))
    kind = draw(st.sampled_from(["human", "agent", "schedule"]))
    return Party(
        kind, draw(st.sampled_from([known.id, "user:other"])), draw(st.sampled_from([known.person, ""])), roles
    )


votes = st.builds(
    Vote,
    parties(),
    st.sampled_from(["approve", "approve", "approve", "reject"]),
    st.sampled_from(["decide", "check", "other"]),
    st.sampled_from([PLAN, *PLANS]),
    moments,
    st.sampled_from(["", "", "", "ana", "bo", "cleo"]),
)
flags = st.sampled_from([False] * 9 + [True])
counts = st.dictionaries(st.sampled_from(["changes", "other"]), st.integers(0, 4), max_size=2)


@st.composite
def snapshots(draw: st.DrawFn, operations: st.SearchStrategy[str] | None = None) -> Snapshot:
    """A snapshot, more often right than wrong in each of its parts."""
    name = draw(st.sampled_from([*NAMES, *NAMES, "files.shred"]) if operations is None else operations)
    fits = fitting.get(name, [{}])
    return Snapshot(
        at=draw(moments),
        institution=INSTITUTION,
        department=draw(st.sampled_from(["desk", "desk", "desk", "other"])),
        department_active=not draw(flags),
        stopped=draw(flags),
        frozen=draw(flags),
        safe_mode=draw(flags),
        drifted=draw(flags),
        operation=name,
        params=draw(st.sampled_from([fits[0], fits[0], *fits]) | st.dictionaries(st.sampled_from(["paths", "x"]), odd)),
        has_reason=not draw(flags),
        requester=draw(parties()),
        target=TARGET,
        autonomy_level=draw(st.none() | st.integers(0, 4)),
        dry_run=draw(st.sampled_from([DryRun(True, PLAN), DryRun(True, PLAN), DryRun(False, PLAN), None])),
        votes=tuple(draw(st.lists(votes, max_size=4))),
        plan=draw(st.sampled_from([PLAN, PLAN, PLAN, ""])),
        approval_expires_at=draw(st.sampled_from([EXPIRES, EXPIRES, None])),
        used=draw(counts),
        failures=draw(counts),
        emergency=draw(st.sampled_from(["", "", "", "disk_full", "fire"])),
    )
