"""What journals, orders and the ledger say, each read by one query whatever there is."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from ledger.kinds import Kind
from ledger.models import Entry
from remediation.models import Job, JournalLine, Runtime
from remediation.services.journal import GENESIS

_KINDS = (
    *(Kind.PROPOSAL_CREATED, Kind.PROPOSAL_DECIDED, Kind.EMERGENCY_USED),
    *(Kind.APPROVAL_REQUESTED, Kind.APPROVAL_VOTED, Kind.APPROVAL_DECIDED),
    *(Kind.JOB_REQUESTED, Kind.JOB_ENQUEUED, Kind.RUNTIME_JOB_REPORTED),
)


class Order(NamedTuple):
    """A row of the portal's jobs."""

    job: UUID
    mode: str
    status: str
    runtime: UUID
    digest: str
    plan: str
    expires_at: datetime
    case: UUID
    needs_approval: bool


class Line(NamedTuple):
    """A line of a journal, as it was sent."""

    runtime: UUID
    seq: int
    kind: str
    job: UUID | None
    said: Mapping[str, Any]


class Sent(NamedTuple):
    """A row of what runtimes have sent."""

    seq: int
    kind: str
    job: UUID | None
    text: str
    hash: str
    at: datetime


class Told(NamedTuple):
    """An entry of the ledger."""

    kind: str
    subject: str
    ts: datetime
    said: Mapping[str, Any]


@dataclass
class Journal:
    """What has arrived of one runtime's journal."""

    runtime: Runtime
    lines: list[Line] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)
    edited: int = 0  # the first line that is not the one that was sent

    @property
    def length(self) -> int:
        """How many lines have arrived."""
        return len(self.lines)

    def take(self, sent: Sent) -> None:
        """Add the next line; note when it is not what its hash says, or does not follow the one before."""
        said = _object(sent.text)
        before = self.hashes[-1] if self.hashes else GENESIS
        is_next = sent.seq == self.length + 1 and said.get("prev") == before
        if not self.edited and (hashlib.sha256(sent.text.encode()).hexdigest() != sent.hash or not is_next):
            self.edited = sent.seq
        self.lines.append(Line(self.runtime.code, sent.seq, sent.kind, sent.job, said))
        self.hashes.append(sent.hash)
        self.times.append(sent.at)


@dataclass(frozen=True)
class Facts:
    """Everything that is held against each other."""

    journals: Sequence[Journal]
    orders: Mapping[UUID, Order]
    told: Mapping[str, Sequence[Told]]  # kind to entries, oldest first

    @property
    def lines(self) -> Iterable[Line]:
        """Every line of every journal."""
        return (line for journal in self.journals for line in journal.lines)

    def by_subject(self, kind: Kind, noun: str) -> Mapping[str, Told]:
        """Return the last entry of ``kind`` for each id of a noun."""
        return {one.subject.removeprefix(f"{noun}:"): one for one in self.told.get(kind, ())}


def facts_read() -> Facts:
    """Read the facts of the institution in scope; four queries."""
    runtimes = list(Runtime.objects.order_by("pk"))
    journals = {runtime.pk: Journal(runtime) for runtime in runtimes}
    rows = JournalLine.objects.order_by("runtime_id", "seq")
    columns = ("runtime_id", "seq", "kind", "job", "line", "hash", "received_at")
    for runtime_id, *line in rows.values_list(*columns).iterator():
        journals[runtime_id].take(Sent(*line))
    return Facts(journals=list(journals.values()), orders=_orders(), told=_told())


def _orders() -> dict[UUID, Order]:
    columns = (
        *("code", "mode", "status", "runtime__code", "order_digest", "plan_digest"),
        *("expires_at", "proposal__case", "proposal__needs_approval"),
    )
    rows = Job.objects.order_by("pk").values_list(*columns)
    return {row[0]: Order(*row) for row in rows.iterator()}


def _told() -> dict[str, list[Told]]:
    told: defaultdict[str, list[Told]] = defaultdict(list)
    rows = Entry.objects.filter(kind__in=_KINDS).order_by("seq").values_list("kind", "subject", "ts", "body")
    for kind, subject, ts, body in rows.iterator():
        told[kind].append(Told(kind, subject, ts, _object(body)))
    return told


def _object(text: str) -> dict[str, Any]:
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}
