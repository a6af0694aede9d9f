"""The stand-alone verifier by itself: its cryptography against other implementations, and under mutation."""

import base64
import hashlib
import random
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.entry import GENESIS, draft_make, leaf, links_broken
from ledger.keys import note_sign, origin
from ledger.schema import data_text
from ledger.verifier import opsportal_verify
from ledger.verifier.opsportal_verify import (
    Tree,
    Walk,
    ed25519_verify,
    key_id,
    key_read,
    main,
    note_read,
    note_verify,
)
from opsportal.core.actor import SYSTEM

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
VERIFIER = Path(opsportal_verify.__file__)
INSTITUTION = UUID("00000000-0000-4000-8000-000000000001")
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))


def lines(count: int, institution_id: UUID = INSTITUTION) -> list[bytes]:
    """Return the bytes of a chain."""
    made, link = [], GENESIS
    for seq in range(1, count + 1):
        draft = draft_make(
            institution_id=institution_id,
            kind="SCENARIO_CHANGED",
            actor=SYSTEM,
            subject=f"scenario:s{seq}",
            case=None,
            data=data_text("X", {}, {}),
            ts=NOON,
        )
        body = draft.body(link, seq)
        link = leaf(body)
        made.append(body.encode())
    return made


def root(entries: Sequence[bytes]) -> bytes:
    """Return the Merkle tree hash as RFC 6962 section 2.1 defines it, recursively."""
    if len(entries) < 2:
        return hashlib.sha256(b"\0" + entries[0]).digest() if entries else hashlib.sha256(b"").digest()
    split = 1 << (len(entries) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(entries[:split]) + root(entries[split:])).digest()


def key_line(key: Ed25519PrivateKey, institution_id: UUID = INSTITUTION) -> str:
    name, public = origin(institution_id), key.public_key().public_bytes_raw()
    return f"{name}+{key_id(name, public).hex()}+{base64.b64encode(bytes([1]) + public).decode()}"


class Files:
    """The files of an auditor, and the command over them."""

    def __init__(self, folder: Path, entries: Sequence[bytes]) -> None:
        self.entries, self.note = folder / "entries.jsonl", folder / "note.txt"
        self.write(entries)
        self.sign(note_sign(KEY, INSTITUTION, len(entries), root(entries)))

    def write(self, entries: Sequence[bytes]) -> None:
        self.entries.write_bytes(b"".join(line + b"\n" for line in entries))

    def sign(self, note: str) -> None:
        self.note.write_text(note, encoding="utf-8", newline="")

    def verify(self, *more: str, key: str = "") -> int:
        return main([str(self.entries), "--checkpoint", str(self.note), "--key", key or key_line(KEY), *more])


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path, lines(12))


# ── Cryptography ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("public", "message", "signature"),
    [  # RFC 8032, section 7.1, tests 1 to 3
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ],
)
def test_ed25519_accepts_the_vectors_of_the_rfc(public: str, message: str, signature: str) -> None:
    assert ed25519_verify(bytes.fromhex(public), bytes.fromhex(signature), bytes.fromhex(message))
    assert not ed25519_verify(bytes.fromhex(public), bytes.fromhex(signature), bytes.fromhex(message) + b"x")


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=80), st.integers(0, 64 * 8 - 1))
def test_ed25519_agrees_with_openssl_and_refuses_every_flipped_bit(seed: bytes, message: bytes, bit: int) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert ed25519_verify(public, signature, message)
    assert not ed25519_verify(public, flipped(signature, bit), message)


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(min_size=64, max_size=64))
def test_ed25519_agrees_with_openssl_on_noise(public: bytes, signature: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, b"m")
        expected = True
    except InvalidSignature:
        expected = False
    assert ed25519_verify(public, signature, b"m") == expected


def test_ed25519_refuses_a_signature_with_the_group_order_added() -> None:
    signature = KEY.sign(b"m")
    s = int.from_bytes(signature[32:], "little") + 2**252 + 27742317777372353535851937790883648493
    public = KEY.public_key().public_bytes_raw()
    assert not ed25519_verify(public, signature[:32] + s.to_bytes(32, "little"), b"m")
    assert not ed25519_verify(public[:31], signature, b"m")
    assert not ed25519_verify(public, signature[:63], b"m")


def test_a_note_of_the_specification_verifies() -> None:
    """The example of c2sp.org/signed-note, whose key is PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW."""
    name, public = key_read("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    signature = base64.b64decode(
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    )
    assert key_id(name, public) == signature[:4]
    assert ed25519_verify(public, signature[4:], text.encode())


@pytest.mark.parametrize("count", [*range(20), 63, 64, 65, 100])
def test_the_tree_has_the_root_of_rfc_6962(count: int) -> None:
    entries = [bytes([number]) * 3 for number in range(count)]
    tree = Tree()
    for entry in entries:
        tree.add(hashlib.sha256(b"\0" + entry).digest())
    assert tree.root() == root(entries)
    again = Tree(tree.size, tree.peaks)
    assert again.root() == tree.root()


def test_a_tree_with_the_wrong_number_of_peaks_is_refused() -> None:
    with pytest.raises(ValueError, match="peaks"):
        Tree(3, [bytes(32)])


def test_what_we_sign_is_a_note_of_that_format() -> None:
    note = note_read(note_sign(KEY, INSTITUTION, 3, bytes(32)))
    assert (note.origin, note.size, note.root) == (f"opsportal/ledger/{INSTITUTION}", 3, bytes(32))
    assert note_verify(note, [key_read(key_line(KEY))])
    assert not note_verify(note, [key_read(key_line(OTHER))])
    assert not note_verify(note, [key_read(key_line(KEY, uuid4()))])


GOOD_NOTE = note_sign(KEY, INSTITUTION, 3, bytes(32))
ROOT_LINE = base64.b64encode(bytes(32)).decode()
BAD_NOTES = {
    "empty": "",
    "no signature": GOOD_NOTE.partition("\n\n")[0],
    "two lines": GOOD_NOTE.replace(f"{ROOT_LINE}\n", ""),
    "no origin": "\n" + GOOD_NOTE.partition("\n")[2],
    "no last line feed": GOOD_NOTE[:-1],
    "a size in other digits": GOOD_NOTE.replace("\n3\n", "\n\u0663\n"),
    "a size that is none": GOOD_NOTE.replace("\n3\n", "\nx\n"),
    "a size with a zero in front": GOOD_NOTE.replace("\n3\n", "\n03\n"),
    "another dash": GOOD_NOTE.replace("\u2014", "-"),
    "no name": re.sub("\u2014 [^ ]+ ", "\u2014 ", GOOD_NOTE),
    "a short signature": re.sub("[^ ]+\n$", "AAAAAA==\n", GOOD_NOTE),
    "a root that is no base64": GOOD_NOTE.replace(ROOT_LINE, "!"),
}


@pytest.mark.parametrize("name", BAD_NOTES)
def test_what_is_no_note_is_refused(name: str) -> None:
    assert note_read(GOOD_NOTE).size == 3
    assert BAD_NOTES[name] != GOOD_NOTE
    with pytest.raises(ValueError, match=r"checkpoint|base64|padding"):
        note_read(BAD_NOTES[name])


def test_what_is_no_key_is_refused() -> None:
    name, number, encoded = key_line(KEY).split("+", 2)
    raw = base64.b64decode(encoded)
    other_kind, longer = bytes([2]) + raw[1:], raw + b"x"
    texts = [
        f"{name}+00000000+{encoded}",
        f"{name}x+{number}+{encoded}",
        f"{name}+{number}+{base64.b64encode(other_kind).decode()}",
        f"{name}+{key_id(name, longer[1:]).hex()}+{base64.b64encode(longer).decode()}",
        name,
    ]
    for text in texts:
        with pytest.raises(ValueError, match="not an Ed25519 key"):
            key_read(text)


@pytest.mark.parametrize("y", [2**255 - 19, 2**255 - 18, 2**255 - 1, 2, 7])
def test_a_key_that_is_no_point_of_the_curve_verifies_nothing(y: int) -> None:
    public = y.to_bytes(32, "little")
    for sign in (0, 0x80):
        assert not ed25519_verify(public[:31] + bytes([public[31] | sign]), KEY.sign(b"m"), b"m")


def test_keys_with_two_spellings_are_refused() -> None:
    """RFC 8032, 5.1.3: y below p, and no sign on x = 0. Such a key of small order would let R = S*B sign anything."""
    base = bytes([0x58] + [0x66] * 31)
    signature = base + (1).to_bytes(32, "little")
    one = (1).to_bytes(32, "little")
    assert ed25519_verify(one, signature, b"anything")  # the neutral point, well spelt: why keys come from elsewhere
    for spelling in ((2**255 - 18).to_bytes(32, "little"), one[:31] + b"\x80"):
        assert not ed25519_verify(spelling, signature, b"anything")


# ── The walk ───────────────────────────────────────────────────────────────────────────────────────


def flipped(data: bytes, bit: int) -> bytes:
    out = bytearray(data)
    out[bit // 8] ^= 1 << bit % 8
    return bytes(out)


@pytest.mark.spec("V26")
def test_every_flipped_bit_is_found_and_named() -> None:
    entries = lines(12)
    expected = root(entries)
    dice = random.Random(20260101)  # noqa: S311  reproducible is what a test wants
    missed = []
    for _ in range(3_000):
        victim = dice.randrange(12)
        changed = list(entries)
        changed[victim] = flipped(entries[victim], dice.randrange(len(entries[victim]) * 8))
        walk = Walk(str(INSTITUTION))
        walk.expect(12, expected)
        for line in changed:
            walk.feed(line, strict=True)
        walk.end(size=12)
        named = {fault.seq for fault in walk.faults}
        if not named or (victim < 11 and victim + 1 not in named):
            missed.append((victim, changed[victim], walk.faults))
    assert missed == []


TAMPERS: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "drop": (lambda e: [*e[:4], *e[5:]], "seq 5: missing"),
    "drop the first": (lambda e: e[1:], "seq 1: missing"),
    "drop the last": (lambda e: e[:-1], "seq 12: truncated"),
    "swap": (lambda e: [*e[:4], e[5], e[4], *e[6:]], "seq 5: reordered"),
    "duplicate": (lambda e: [*e[:5], e[4], *e[5:]], "seq 5: duplicate"),
    "splice": (lambda e: [*e[:4], lines(12, uuid4())[4], *e[5:]], "seq 5: foreign"),
    "duplicate key": (lambda e: [*e[:4], e[4].replace(b'"v":1}', b'"v":1,"v":1}'), *e[5:]], "seq 5: unreadable"),
    "extra key": (lambda e: [*e[:4], e[4].replace(b'"v":1}', b'"v":1,"w":1}'), *e[5:]], "seq 5: unreadable"),
    "other version": (lambda e: [*e[:4], e[4].replace(b'"v":1}', b'"v":2}'), *e[5:]], "seq 5: unreadable"),
    "not JSON": (lambda e: [*e[:4], b"[" * 100_000, *e[5:]], "seq 5: unreadable"),
    "blank line": (lambda e: [*e[:4], b"", *e[5:]], "seq 5: unreadable"),
    "nothing": (lambda _: [], "seq 1: truncated"),
}


@pytest.mark.spec("V26")
@pytest.mark.parametrize("name", TAMPERS)
def test_tampering_is_named(name: str, files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    tamper, expected = TAMPERS[name]
    files.write(tamper(lines(12)))
    assert files.verify() == 1
    assert expected in capsys.readouterr().out


def test_an_honest_file_is_ok(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert files.verify() == 0
    assert capsys.readouterr().out.startswith(f"OK: institution {INSTITUTION}, 12 entries, 12 covered")


def test_a_checkpoint_with_another_root_is_a_fork(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    second = files.note.with_name("second.txt")
    second.write_text(note_sign(KEY, INSTITUTION, 12, bytes(32)), encoding="utf-8")
    assert files.verify("--checkpoint", str(second)) == 1
    assert "two checkpoints over 12 entries have different roots" in capsys.readouterr().out


def test_an_older_checkpoint_narrows_where_a_fork_begins(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    first = files.note.with_name("first.txt")
    first.write_text(note_sign(KEY, INSTITUTION, 5, root(lines(5))), encoding="utf-8")
    files.sign(note_sign(KEY, INSTITUTION, 12, bytes(32)))
    assert files.verify("--checkpoint", str(first)) == 1
    assert "seq 6: forked" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda files: files.sign(note_sign(OTHER, INSTITUTION, 12, root(lines(12)))), "signed by none of the keys"),
        (lambda files: files.sign(files.note.read_text().replace("\n12\n", "\n11\n")), "signed by none of the keys"),
        (lambda files: files.sign("hello\n"), "not a signed checkpoint"),
        (lambda files: files.note.unlink(), "No such file"),
        (lambda files: files.entries.unlink(), "No such file"),
    ],
)
def test_what_cannot_be_checked_is_not_called_ok(
    spoil: Callable[[Files], None], said: str, files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(files)
    assert files.verify() == 2
    assert said in capsys.readouterr().err


def test_a_checkpoint_of_another_institution_is_refused(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert files.verify("--institution", str(uuid4())) == 2
    assert "of institution" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["--checkpoint", "x"], ["--key", "x"]])
def test_it_demands_a_checkpoint_and_a_key_or_to_be_told_otherwise(arguments: list[str], files: Files) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([str(files.entries), *arguments])
    assert stopped.value.code == 2


def test_payloads_are_compared_with_their_commitments(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    salt, commit = "11" * 32, hashlib.sha256(b"commit1\0" + b"\x11" * 32 + b"{}").hexdigest()
    body = lines(1)[0].replace(b'"data":{}', f'"data":{{"commit":"{commit}"}}'.encode())
    entries, payloads = tmp_path / "e.jsonl", tmp_path / "p.jsonl"
    entries.write_bytes(body + b"\n")
    verify = [str(entries), "--unanchored", "--payloads", str(payloads)]
    payloads.write_text(f'{{"commit":"{commit}","salt":"{salt}","body":"{{}}"}}\n', encoding="utf-8")
    assert main(verify) == 0
    payloads.write_text(f'{{"commit":"{commit}","salt":"{salt}","body":"[]"}}\n', encoding="utf-8")
    assert main(verify) == 1
    assert "seq 1: payload: its payload is not the one" in capsys.readouterr().out
    payloads.write_text("", encoding="utf-8")
    assert main(verify) == 1
    assert "no entry says that it was erased" in capsys.readouterr().out


def test_the_quick_look_finds_the_broken_link() -> None:
    entries = lines(12)
    assert links_broken(entries) == 0
    entries[4] = entries[4].replace(b"scenario:s5", b"scenario:s6")
    assert links_broken(entries) == 6


def test_it_runs_alone_with_nothing_but_python(files: Files) -> None:
    command = [sys.executable, "-I", "-S", str(VERIFIER), str(files.entries), "--unanchored"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", env={}, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    imports = {
        line.split()[1].split(".")[0]
        for line in VERIFIER.read_text().splitlines()
        if line.startswith(("import ", "from "))
    }
    assert imports <= set(sys.stdlib_module_names)
