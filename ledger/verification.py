"""Verify a chain where it lives: the bytes, the columns beside them, the payloads, the signatures."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Subquery

from ledger.entry import GENESIS, leaf, timestamp
from ledger.keys import note_remembered
from ledger.models import Checkpoint, Entry, Head, Payload, SigningKey
from ledger.verifier.opsportal_verify import Fault, Payloads, Tree, Walk, note_read, note_verify
from opsportal.core.scope import institution_scope

CHUNK = 2_000
_COLUMNS = ("seq", "ts", "kind", "actor", "subject", "case", "body", "hash")


class _Row(NamedTuple):
    seq: int
    ts: Any
    kind: str
    actor: str
    subject: str
    case: UUID | None
    body: str
    hash: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification found. ``after`` is where it began, 0 for the whole chain; ``size`` where it ended."""

    institution_id: UUID
    after: int
    size: int
    head: str
    tree: Tree
    faults: tuple[Fault, ...]

    @property
    def is_intact(self) -> bool:
        """True when nothing was found."""
        return not self.faults


def chain_verify(institution_id: UUID, *, whole: bool = True) -> Verification:
    """Verify one chain up to its head as it is now, without a transaction.

    ``whole=False`` begins at the last checkpoint and trusts its tree for what is before it. Entries that
    are appended meanwhile are left to the next verification.
    """
    with institution_scope(institution_id):
        return _Verifier(institution_id, whole=whole).run()


class _Verifier:
    """One verification. Collects faults from the walk, the columns, the payloads and the notes."""

    def __init__(self, institution_id: UUID, *, whole: bool) -> None:
        self.institution_id = institution_id
        self.head = Head.objects.first()
        self.notes = {note.size: note for note in Checkpoint.objects.order_by("size")}
        self.keys = [(key.origin, bytes.fromhex(key.public)) for key in SigningKey.objects.all()]
        self.payloads = Payloads([])
        self.faults: list[Fault] = []
        self.after = self._start(whole=whole)
        note = self.notes.get(self.after)
        tree = _tree(note) if note else None
        self.walk = Walk(str(institution_id), head=note.head_hash if note and tree else GENESIS, tree=tree)

    def run(self) -> Verification:
        self._expect_notes()
        for rows in self._chunks():
            self._look(rows)
        if self.head is None:
            self.walk.end()
        else:
            self.walk.end(self.head.hash, self.head.seq)
        self.payloads.end()
        self._ends()
        found = {fault[:2]: fault for fault in [*self.payloads.faults, *self.walk.faults, *self.faults]}
        return Verification(
            institution_id=self.institution_id,
            after=self.after,
            size=self.walk.seq,
            head=self.walk.head,
            tree=self.walk.tree,
            faults=tuple(sorted(found.values())),
        )

    def _start(self, *, whole: bool) -> int:
        """Return the size of the newest checkpoint that can be built upon; a bad one is a fault."""
        last = max(self.notes, default=0)
        if whole or not last:
            return 0
        tree = _tree(self.notes[last])
        if tree is None or tree.root().hex() != self.notes[last].root:
            self._fault(last, "checkpoint", "what is kept of the signed tree does not have the signed root")
            return 0
        body = Entry.objects.filter(seq=last).values_list("body", flat=True).first()
        if self.head and self.head.seq < last:
            self._fault(self.head.seq + 1, "truncated", f"the entries from here to {last} are cut off")
        elif body is None:
            self._fault(last, "missing", "the last checkpoint ends with this entry")
        elif leaf(body) != self.notes[last].head_hash:
            self._fault(last, "edited", "the last checkpoint ends with other bytes")
        return last

    def _expect_notes(self) -> None:
        for size, checkpoint in self.notes.items():
            if size < self.after:
                continue
            try:
                note = note_read(checkpoint.note)
                is_good = note.size == size and note.root.hex() == checkpoint.root and note_verify(note, self.keys)
            except ValueError:
                is_good = False
            if is_good:
                self.walk.expect(size, note.root)
            else:
                self._fault(size, "checkpoint", "the checkpoint over this many entries is not validly signed")
        remembered = note_remembered(self.institution_id)
        if remembered is not None and remembered.size >= self.after:
            self.walk.expect(remembered.size, remembered.root)

    def _chunks(self) -> Iterator[list[_Row]]:
        after = self.after or -(2**62)
        until = self.head.seq if self.head else 2**62
        while True:
            query = Entry.objects.filter(seq__gt=after, seq__lte=until).order_by("seq")
            rows = [_Row(*row) for row in query.values_list(*_COLUMNS)[:CHUNK]]
            if rows:
                yield rows
            if len(rows) < CHUNK:
                return
            after = rows[-1].seq

    def _look(self, rows: list[_Row]) -> None:
        entries = []
        for row in rows:
            entry = self.walk.feed(row.body.encode(), strict=True)
            if entry is None:
                continue
            entries.append(entry)
            self._columns(row, entry)
            if entry["kind"] == "CHECKPOINT_SIGNED":
                self._signed(entry)
        commits = [entry["data"]["commit"] for entry in entries if entry["data"].get("commit")]
        kept = Payload.objects.filter(commit__in=commits) if commits else []
        self.payloads.rows = {row.commit: {"salt": row.salt, "body": row.body} for row in kept}
        for entry in entries:
            self.payloads.check(entry)

    def _columns(self, row: _Row, entry: dict[str, Any]) -> None:
        if leaf(row.body) != row.hash:
            self._fault(entry["seq"], "edited", "the bytes do not have the hash that is kept beside them")
            return
        case = None if row.case is None else str(row.case)
        columns = (row.seq, timestamp(row.ts), row.kind, row.actor, row.subject, case)
        if columns != tuple(entry[key] for key in ("seq", "ts", "kind", "actor", "subject", "case")):
            self._fault(entry["seq"], "column", "a column beside the entry says something else than the entry")

    def _signed(self, entry: dict[str, Any]) -> None:
        data = entry["data"]
        kept = self.notes.get(data.get("size"))
        if kept is None or kept.root != data.get("root"):
            self._fault(entry["seq"], "checkpoint", "the checkpoint that this entry tells of is not kept")
        if all(public.hex() != data.get("public") for _, public in self.keys):
            self._fault(entry["seq"], "checkpoint", "the key that this entry tells of is not kept")

    def _ends(self) -> None:
        # One statement, so that an append between two reads can't look like a fault.
        newest = Entry.objects.order_by("-seq").values("seq")[:1]
        head = Head.objects.annotate(newest=Subquery(newest)).first()
        if head is None:
            self._fault(0, "truncated", "the head of the chain is gone")
        elif (head.newest or 0) > head.seq:
            self._fault(head.seq + 1, "surplus", "there are entries behind the head")

    def _fault(self, seq: int, code: str, message: str) -> None:
        self.faults.append(Fault(seq, code, message))


def _tree(checkpoint: Checkpoint) -> Tree | None:
    try:
        return Tree(checkpoint.size, [bytes.fromhex(peak) for peak in checkpoint.peaks.split(",")])
    except ValueError:
        return None
