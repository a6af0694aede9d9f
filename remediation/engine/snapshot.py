"""What may count in a decision, as plain values; stored with the proposal so that later contracts can be tried on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from opsportal.core.canonical import Json

Verdict = Literal["approve", "reject"]


class SnapshotError(ValueError):
    """The JSON is not a snapshot; the message names the place."""


@dataclass(frozen=True, slots=True)
class Party:
    """Who asks or votes. ``person`` is the human behind it (an agent's owner), "" when there is none."""

    kind: str
    id: str
    person: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vote:
    """One vote on the digest ``plan``; ``delegated_from`` is the person whose role the voter uses, if any."""

    voter: Party
    verdict: Verdict
    stage: str
    plan: str
    at: int
    delegated_from: str = ""


@dataclass(frozen=True, slots=True)
class DryRun:
    """How the dry-run ended; ``plan`` is the digest of what was sealed from it."""

    ok: bool
    plan: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The whole input of a decision besides the bundle. Times are seconds since 1970; ``used`` and ``failures`` go by budget."""

    at: int
    institution: str
    department: str
    department_active: bool
    stopped: bool
    frozen: bool
    safe_mode: bool
    drifted: bool
    operation: str
    params: Mapping[str, Json]
    has_reason: bool
    requester: Party
    target: str = ""
    autonomy_level: int | None = None
    dry_run: DryRun | None = None
    votes: tuple[Vote, ...] = ()
    plan: str = ""
    approval_expires_at: int | None = None
    used: Mapping[str, int] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    emergency: str = ""


def snapshot_json(snapshot: Snapshot) -> dict[str, Json]:
    """Return the snapshot as JSON; what is keyed by a free name is a sorted list of pairs."""
    plain: dict[str, Json] = {name: getattr(snapshot, name) for name in _SCALARS}
    compound: dict[str, Json] = {
        "params": _pairs(snapshot.params),
        "used": _pairs(snapshot.used),
        "failures": _pairs(snapshot.failures),
        "requester": _party_json(snapshot.requester),
        "votes": [_vote_json(vote) for vote in snapshot.votes],
        "dry_run": _dry_run_json(snapshot.dry_run),
    }
    return plain | compound


def snapshot_read(json: Json) -> Snapshot:
    """Return the snapshot that ``snapshot_json`` wrote; raise SnapshotError for anything else."""
    found = _keys(json, {*_SCALARS, "params", "used", "failures", "requester", "votes", "dry_run"}, "snapshot")
    for name, kinds in _SCALARS.items():
        _require(type(found[name]) in kinds, name)
    scalars = {name: found[name] for name in _SCALARS}
    return Snapshot(
        **scalars,  # type: ignore[arg-type]  # _SCALARS has just been compared
        params=_mapping(found["params"], "params"),
        used=_counts(found["used"], "used"),
        failures=_counts(found["failures"], "failures"),
        requester=_party(found["requester"], "requester"),
        votes=tuple(_vote(item, f"votes[{number}]") for number, item in enumerate(_list(found["votes"], "votes"))),
        dry_run=None if found["dry_run"] is None else _dry_run(found["dry_run"]),
    )


_OPTIONAL_INT = (int, type(None))
_SCALARS: dict[str, tuple[type, ...]] = {
    "at": (int,),
    "institution": (str,),
    "department": (str,),
    "department_active": (bool,),
    "stopped": (bool,),
    "frozen": (bool,),
    "safe_mode": (bool,),
    "drifted": (bool,),
    "operation": (str,),
    "has_reason": (bool,),
    "target": (str,),
    "autonomy_level": _OPTIONAL_INT,
    "plan": (str,),
    "approval_expires_at": _OPTIONAL_INT,
    "emergency": (str,),
}


def _pairs(values: Mapping[str, Json]) -> list[Json]:
    return [[name, values[name]] for name in sorted(values)]


def _party_json(party: Party) -> dict[str, Json]:
    return {"kind": party.kind, "id": party.id, "person": party.person, "roles": list(party.roles)}


def _vote_json(vote: Vote) -> dict[str, Json]:
    return {
        "voter": _party_json(vote.voter),
        "verdict": vote.verdict,
        "stage": vote.stage,
        "plan": vote.plan,
        "at": vote.at,
        "delegated_from": vote.delegated_from,
    }


def _dry_run_json(dry_run: DryRun | None) -> dict[str, Json] | None:
    return None if dry_run is None else {"ok": dry_run.ok, "plan": dry_run.plan}


def _require(is_so: bool, place: str) -> None:
    if not is_so:
        raise SnapshotError(f"{place} has the wrong type")


def _keys(json: Json, names: set[str], place: str) -> Mapping[str, Json]:
    if not isinstance(json, dict):
        raise SnapshotError(f"{place} is not an object")
    if json.keys() != names:
        raise SnapshotError(f"{place} has other keys than it must: {', '.join(sorted(json.keys() ^ names))}")
    return json


def _list(json: Json, place: str) -> Sequence[Json]:
    if not isinstance(json, list | tuple):
        raise SnapshotError(f"{place} is not a list")
    return json


def _text(json: Json, place: str) -> str:
    if not isinstance(json, str):
        raise SnapshotError(f"{place} is not a text")
    return json


def _mapping(json: Json, place: str) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for item in _list(json, place):
        pair = _list(item, place)
        _require(len(pair) == 2, place)
        found[_text(pair[0], place)] = pair[1]
    _require(_pairs(found) == list(_list(json, place)), place)  # each name once, in order
    return found


def _counts(json: Json, place: str) -> dict[str, int]:
    found = _mapping(json, place)
    _require(all(type(count) is int for count in found.values()), place)
    return cast(dict[str, int], found)


def _party(json: Json, place: str) -> Party:
    found = _keys(json, {"kind", "id", "person", "roles"}, place)
    kind, identifier, person = (_text(found[name], f"{place}.{name}") for name in ("kind", "id", "person"))
    roles = tuple(_text(role, f"{place}.roles") for role in _list(found["roles"], f"{place}.roles"))
    return Party(kind, identifier, person, roles)


def _vote(json: Json, place: str) -> Vote:
    found = _keys(json, {"voter", "verdict", "stage", "plan", "at", "delegated_from"}, place)
    _require(found["verdict"] in {"approve", "reject"}, f"{place}.verdict")
    _require(type(found["at"]) is int, f"{place}.at")
    return Vote(
        voter=_party(found["voter"], f"{place}.voter"),
        verdict=cast(Verdict, found["verdict"]),
        stage=_text(found["stage"], f"{place}.stage"),
        plan=_text(found["plan"], f"{place}.plan"),
        at=cast(int, found["at"]),
        delegated_from=_text(found["delegated_from"], f"{place}.delegated_from"),
    )


def _dry_run(json: Json) -> DryRun:
    found = _keys(json, {"ok", "plan"}, "dry_run")
    _require(isinstance(found["ok"], bool), "dry_run.ok")
    return DryRun(bool(found["ok"]), _text(found["plan"], "dry_run.plan"))
