#!/usr/bin/env python3
"""Verify an exported ledger, without the portal, the network or any package: python -I -S opsportal_verify.py --help

Reads the entries (JSONL, as exported) and signed checkpoints, and names every entry that was
edited, removed, moved, cut off or replaced. The formats are in docs/ledger-format.md.
Exit status: 0 all is well, 1 the ledger is broken (one line per fault), 2 it could not be checked.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

GENESIS = "0" * 64
KEYS = {"actor", "actor_kind", "bundle", "case", "data", "inst", "kind", "prev", "seq", "subject", "ts", "v"}
FAULTS_MAX = 100
canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


class Fault(NamedTuple):
    """What is wrong, and with which entry. ``code`` is a word of the list in ``Walk``."""

    seq: int
    code: str
    message: str


# ── Ed25519 (RFC 8032), verification only ──────────────────────────────────────────────────────────
_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)
_Point = tuple[int, int, int, int]  # X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z


def _add(a: _Point, b: _Point) -> _Point:
    e = (a[1] - a[0]) * (b[1] - b[0]) % _P
    f = (a[1] + a[0]) * (b[1] + b[0]) % _P
    g = 2 * a[3] * b[3] * _D % _P
    h = 2 * a[2] * b[2] % _P
    x, y, z, t = f - e, h - g, h + g, f + e
    return x * y % _P, z * t % _P, y * z % _P, x * t % _P


def _decode(raw: bytes) -> _Point | None:
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _encode(point: _Point) -> bytes:
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


_BASE = _decode((4 * pow(5, -1, _P) % _P).to_bytes(32, "little"))


def ed25519_verify(public: bytes, signature: bytes, message: bytes) -> bool:
    """Return True when ``signature`` (64 bytes) over ``message`` was made with the key of ``public`` (32 bytes)."""
    point = _decode(public) if len(public) == 32 and len(signature) == 64 else None
    s = int.from_bytes(signature[32:], "little")
    if point is None or s >= _L or _BASE is None:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _L
    minus = (_P - point[0], point[1], 1, _P - point[3])
    choices, total = (minus, _BASE, _add(_BASE, minus)), (0, 1, 1, 0)
    for bit in range(252, -1, -1):
        total = _add(total, total)
        choice = (s >> bit & 1) * 2 + (k >> bit & 1)
        if choice:
            total = _add(total, choices[choice - 1])
    return _encode(total) == signature[:32]


# ── Merkle tree (RFC 6962) and signed notes (C2SP) ─────────────────────────────────────────────────
class Tree:
    """A Merkle tree that only remembers the roots of its full subtrees, largest first."""

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if len(peaks) != size.bit_count():
            raise ValueError("the number of peaks does not fit the size")
        self.size, self.peaks = size, list(peaks)

    def add(self, leaf: bytes) -> None:
        """Append the hash of one leaf."""
        self.size += 1
        size, peaks = self.size, self.peaks
        while not size & 1:
            leaf = hashlib.sha256(b"\1" + peaks.pop() + leaf).digest()
            size >>= 1
        peaks.append(leaf)

    def root(self) -> bytes:
        """Return the root over all leaves so far."""
        if not self.peaks:
            return hashlib.sha256(b"").digest()
        root = self.peaks[-1]
        for peak in self.peaks[-2::-1]:
            root = hashlib.sha256(b"\1" + peak + root).digest()
        return root


class Note(NamedTuple):
    """A signed checkpoint: whose log, how many entries, which root, and the proof."""

    origin: str
    size: int
    root: bytes
    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]  # name, key id (4 bytes), signature


def note_read(text: str) -> Note:
    """Return the note in ``text``; raise ValueError when it is not one."""
    body, blank, tail = text.partition("\n\n")
    lines = body.split("\n")
    if not blank or len(lines) < 3 or not lines[0] or not tail.endswith("\n"):
        raise ValueError("not a signed checkpoint")
    if not lines[1].isascii() or not lines[1].isdigit() or str(int(lines[1])) != lines[1]:
        raise ValueError("the size in the checkpoint is not a number")
    signatures = []
    for line in tail[:-1].split("\n"):
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.rpartition(" ")
        raw = base64.b64decode(encoded, validate=True)
        if dash != "—" or not name or len(raw) < 5:
            raise ValueError("a signature line of the checkpoint cannot be read")
        signatures.append((name, raw[:4], raw[4:]))
    return Note(lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True), body + "\n", tuple(signatures))


def key_id(name: str, public: bytes) -> bytes:
    """Return the four bytes by which a signature line names its key."""
    return hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]


def key_read(text: str) -> tuple[str, bytes]:
    """Return name and public key of ``<name>+<key id>+<base64>``; raise ValueError when it is not one."""
    name, _, rest = text.strip().partition("+")
    number, _, encoded = rest.partition("+")
    raw = base64.b64decode(encoded, validate=True)
    if len(raw) != 33 or raw[0] != 1 or key_id(name, raw[1:]).hex() != number:
        raise ValueError("not an Ed25519 key of a signed note")
    return name, raw[1:]


def note_verify(note: Note, keys: Iterable[tuple[str, bytes]]) -> bool:
    """Return True when one of ``keys``, of the same name as the log, signed ``note``."""
    return any(
        name == signer == note.origin
        and number == key_id(name, public)
        and ed25519_verify(public, signature, note.text.encode())
        for name, public in keys
        for signer, number, signature in note.signatures
    )


# ── The walk along the chain ───────────────────────────────────────────────────────────────────────
class Walk:
    """Follows a chain entry by entry and collects what is wrong with it, at most ``FAULTS_MAX`` faults.

    Codes: ``edited``, ``missing``, ``reordered``, ``duplicate``, ``foreign`` (another institution's),
    ``unreadable``, ``truncated`` (the end is gone), ``forked`` (not the entries that were signed).
    """

    def __init__(self, institution: str | None = None, *, head: str = GENESIS, tree: Tree | None = None) -> None:
        self.institution, self.head, self.tree = institution, head, tree or Tree()
        self.seq = self.signed = self.tree.size
        self.roots: dict[int, bytes] = {}
        self.faults: list[Fault] = []
        self._gaps: set[int] = set()
        self._suspect = 0  # an entry that does not name the hash of the one before it
        self._claim, self._peaks = GENESIS, self.tree.peaks  # what the suspect says; the tree before its last leaf
        self._is_whole = True  # no fault yet that spoils the tree

    def expect(self, size: int, root: bytes) -> None:
        """Demand that the first ``size`` entries have this Merkle root, as a checkpoint says."""
        if self.roots.setdefault(size, root) != root:
            self._fault(size, "forked", f"two checkpoints over {size} entries have different roots")

    def feed(self, line: bytes, *, strict: bool = False) -> dict[str, Any] | None:
        """Take the next entry; return it, or None when it cannot be read. ``strict``: demand canonical bytes."""
        entry = entry_read(line, strict=strict)
        if entry is None:
            self._spoil(self.seq + 1, "unreadable", "this is not an entry of a ledger in format version 1")
            self._advance(self.seq + 1, line)
            return None
        seq = entry["seq"]
        if self.institution is None:
            self.institution = entry["inst"]
        if entry["inst"] != self.institution:
            self._spoil(seq, "foreign", f"this entry belongs to institution {entry['inst']}")
        if seq <= self.seq:
            self._misplaced(seq)
            return entry
        if seq > self.seq + 1:
            self._missing(seq)
        else:
            self._link(seq, entry["prev"])
        self._advance(seq, line)
        return entry

    def end(self, head: str | None = None, size: int | None = None) -> None:
        """Say that no entry follows. ``head`` and ``size``: what the chain must end with, if known."""
        if self._suspect:
            self._settle(is_vouched=head == self.head if head else self._is_last_signed())
        elif head is not None and head != self.head and size == self.seq and self._is_whole:
            self._spoil(self.seq, "edited", "the last entry does not have the hash that the head keeps")
        for expected in sorted({*self.roots, *([] if size is None else [size])}):
            if expected > self.seq:
                self._fault(self.seq + 1, "truncated", f"the entries from here to {expected} are cut off")

    def _link(self, seq: int, prev: str) -> None:
        is_linked = prev == self.head
        if self._suspect:
            self._settle(is_vouched=is_linked)
        elif not is_linked:
            self._suspect, self._claim, self._is_whole = seq, prev, False

    def _settle(self, *, is_vouched: bool) -> None:
        # The suspect and the entry before it disagree. Who is vouched for by its own successor is right.
        guilty = self._suspect - 1 if is_vouched and self._suspect > 1 else self._suspect
        self._spoil(guilty, "edited", "the bytes do not have the hash that the chain gives them")
        self._suspect = 0

    def _is_last_signed(self) -> bool:
        # The suspect is the last entry: a signed root over it and the hash that it claims for the one before it?
        root = self.roots.get(self.seq)
        if root is None or self.tree.size != self.seq - 1:
            return True  # nobody can tell: an entry is more easily edited than a link
        tree = Tree(self.seq - 2, self._peaks)
        tree.add(bytes.fromhex(self._claim))
        tree.add(bytes.fromhex(self.head))
        return tree.root() == root

    def _missing(self, seq: int) -> None:
        self._gaps.update(range(self.seq + 1, min(seq, self.seq + 100_000)))
        self._spoil(self.seq + 1, "missing", f"the next entry is {seq}")

    def _misplaced(self, seq: int) -> None:
        if seq not in self._gaps:
            self._spoil(seq, "duplicate", f"this number stands again, after entry {self.seq}")
            return
        self._gaps.discard(seq)
        self.faults = [fault for fault in self.faults if fault[:2] != (seq, "missing")]
        self._spoil(seq, "reordered", f"this entry stands after entry {self.seq}")

    def _advance(self, seq: int, line: bytes) -> None:
        leaf = hashlib.sha256(b"\0" + line).digest()
        self.seq, self.head = seq, leaf.hex()
        if not self._is_whole:
            return
        self._peaks = self.tree.peaks.copy()
        self.tree.add(leaf)
        root = self.roots.get(seq)
        if root is None:
            return
        if root != self.tree.root():
            self._spoil(self.signed + 1, "forked", f"the entries from here to {seq} are not those that were signed")
        self.signed = seq

    def _spoil(self, seq: int, code: str, message: str) -> None:
        self._is_whole = False
        self._fault(seq, code, message)

    def _fault(self, seq: int, code: str, message: str) -> None:
        if len(self.faults) < FAULTS_MAX and all(fault[:2] != (seq, code) for fault in self.faults):
            self.faults.append(Fault(seq, code, message))


def entry_read(line: bytes, *, strict: bool) -> dict[str, Any] | None:
    """Return the entry that ``line`` is, None when it is none. ``strict``: demand canonical bytes."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict) or entry.keys() != KEYS or entry["v"] != 1 or type(entry["seq"]) is not int:
        return None
    is_shaped = (
        re.fullmatch("[0-9a-f]{64}", str(entry["prev"]))
        and isinstance(entry["inst"], str)
        and isinstance(entry["data"], dict)
    )
    return entry if is_shaped and (not strict or canonical(entry).encode() == line) else None


# ── Personal data ──────────────────────────────────────────────────────────────────────────────────
class Payloads:
    """Compares the payloads that were exported with the commitments in the entries."""

    def __init__(self, rows: Iterable[Mapping[str, str]]) -> None:
        self.rows = {row["commit"]: row for row in rows}
        self.absent: dict[str, int] = {}  # commitment to the entry that holds it
        self.faults: list[Fault] = []

    def check(self, entry: Mapping[str, Any]) -> None:
        """Look at one entry: at what it commits to, and at what it says was erased."""
        if entry["kind"] == "PAYLOAD_ERASED":
            self.absent.pop(entry["data"].get("erased"), None)
        commit = entry["data"].get("commit")
        if not isinstance(commit, str):
            return
        row = self.rows.get(commit)
        if row is None or not row["salt"]:
            self.absent[commit] = entry["seq"]
            return
        salted = b"commit1\0" + bytes.fromhex(row["salt"]) + row["body"].encode()
        if hashlib.sha256(salted).hexdigest() != commit:
            self.faults.append(Fault(entry["seq"], "payload", "its payload is not the one it commits to"))

    def end(self) -> None:
        """Say that no entry follows: what is absent by now was taken away without an entry that says so."""
        for seq in self.absent.values():
            self.faults.append(Fault(seq, "payload", "its payload is gone, and no entry says that it was erased"))


# ── The command ────────────────────────────────────────────────────────────────────────────────────
def _checkpoints(walk: Walk, options: argparse.Namespace) -> None:
    keys = [key_read(text) for text in options.key]
    for path in options.checkpoint:
        with open(path, encoding="utf-8", newline="") as file:
            note = note_read(file.read())
        institution = note.origin.rpartition("/")[2]
        walk.institution = walk.institution or institution
        if institution != walk.institution:
            raise ValueError(f"{path}: this checkpoint is of institution {institution}")
        if not note_verify(note, keys):
            raise ValueError(f"{path}: this checkpoint is signed by none of the keys")
        walk.expect(note.size, note.root)


def _verify(options: argparse.Namespace) -> tuple[Walk, list[Fault]]:
    walk = Walk(options.institution)
    _checkpoints(walk, options)
    payloads = None
    if options.payloads:
        with open(options.payloads, "rb") as file:
            payloads = Payloads([json.loads(line) for line in file])
    with open(options.entries, "rb") as file:
        for line in file:
            entry = walk.feed(line.removesuffix(b"\n"), strict=not options.quick)
            if entry is not None and payloads is not None:
                payloads.check(entry)
    walk.end()
    if payloads is not None:
        payloads.end()
    return walk, sorted({*walk.faults, *(payloads.faults if payloads else [])})


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("entries", help="the exported entries, JSONL, not filtered")
    parser.add_argument("--checkpoint", action="append", default=[], metavar="FILE", help="a signed note; repeatable")
    parser.add_argument("--key", action="append", default=[], help="<name>+<id>+<base64>, got elsewhere; repeatable")
    parser.add_argument("--institution", help="the UUID whose ledger this must be")
    parser.add_argument("--payloads", metavar="FILE", help="the exported payloads, JSONL")
    parser.add_argument("--quick", action="store_true", help="do not demand canonical bytes of each entry")
    parser.add_argument("--unanchored", action="store_true", help="accept that a cut end or a full rewrite goes unseen")
    options = parser.parse_args(arguments)
    if options.unanchored == bool(options.checkpoint and options.key):
        parser.error("give --checkpoint and --key, or say --unanchored")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    options = _options(arguments)
    try:
        walk, faults = _verify(options)
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.stderr.write(f"cannot verify: {error}\n")
        return 2
    for fault in faults:
        sys.stdout.write(f"seq {fault.seq}: {fault.code}: {fault.message}\n")
    state = f"BROKEN: {len(faults)} faults" if faults else "OK"
    covered = f"{walk.signed} covered by a checkpoint" if options.checkpoint else "none covered by a checkpoint"
    sys.stdout.write(f"{state}: institution {walk.institution}, {walk.seq} entries, {covered}, head {walk.head}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
