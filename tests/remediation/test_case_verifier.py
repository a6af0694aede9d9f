"""The verifier of a case: it accepts what is true, names what is not, and does without none of its demands."""

import ast
import random
import sys
import traceback
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.verifier import opsportal_case
from ledger.verifier.opsportal_case import WrongError, is_included, main, members_read
from ledger.verifier.opsportal_verify import Tree, key_read
from ledger.verifier.standalone import case_verifier_text
from opsportal.core.scope import institution_scope
from remediation.evidence.proofs import inclusion_proofs
from tests.remediation.bundles import Evidence, Files, evidence_of, key_of, sha, verified, zipped
from tests.remediation.factories import governed_make
from tests.remediation.tampers import TAMPERS

SOURCE = Path(opsportal_case.__file__).read_text(encoding="utf-8")
_made: list[tuple[Evidence, str]] = []


@pytest.fixture
def evidence(db: None) -> Evidence:
    """The bundle of a case that went its whole way; made once, it needs no database any more."""
    if not _made:
        governed = governed_make("proof")
        with institution_scope(governed.institution.pk):
            _made.append((evidence_of(governed), key_of(governed)))
    return _made[0][0]


@pytest.fixture
def key(evidence: Evidence) -> str:
    """The key of its ledger."""
    return _made[0][1]


def wrong(files: Files, key: str = "", program: Any = opsportal_case) -> str:
    """Return the first thing that a verifier finds wrong, nothing when there is none."""
    try:
        program.Case(files, [key_read(key)] if key else []).run()
    except program.WrongError as found:
        return str(found)
    return ""


@pytest.mark.spec("V25", "V42")
def test_a_case_verifies_on_a_machine_that_has_nothing_but_python(evidence: Evidence, key: str, tmp_path: Path) -> None:
    status, said = verified(tmp_path, evidence.files, key)
    assert status == 0, said
    assert said.startswith("OK\n")
    assert "WARNING" not in said
    for words in (
        "plans, to the byte",
        "results signed by the runtime",
        "approved by enough distinct people",
        "not in it: ",
    ):
        assert words in said


def test_a_key_from_the_bundle_itself_is_warned_of(evidence: Evidence, tmp_path: Path) -> None:
    status, said = verified(tmp_path, evidence.files)
    assert (status, said.count("WARNING: the key comes from the bundle itself")) == (0, 1)


def test_another_key_from_outside_is_not_satisfied(evidence: Evidence, tmp_path: Path) -> None:
    other = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    assert verified(tmp_path, evidence.files, other)[0] == 1


@pytest.mark.spec("V25", "V26")
@pytest.mark.parametrize("name", TAMPERS)
def test_what_was_tampered_with_is_named(name: str, evidence: Evidence) -> None:
    tamper, member, words = TAMPERS[name]
    said = wrong(tamper(evidence))
    assert words in said, said
    assert said.partition(": ")[0].endswith(member), said


@pytest.mark.spec("V25")
def test_one_flipped_bit_in_any_member_names_the_member(evidence: Evidence, key: str) -> None:
    dice = random.Random(20261129)  # noqa: S311  reproducible is what a test wants
    assert wrong(evidence.files, key) == ""
    for name, body in evidence.files.items():
        for _ in range(12 if body else 0):
            bit = dice.randrange(len(body) * 8)
            changed = bytearray(body)
            changed[bit // 8] ^= 1 << bit % 8
            said = wrong({**evidence.files, name: bytes(changed)}, key)
            assert said.startswith(f"{name}: "), (name, bit, said)


def test_a_damaged_zip_is_never_called_ok_with_other_contents(evidence: Evidence) -> None:
    dice, data = random.Random(7), zipped(evidence.files)  # noqa: S311  reproducible is what a test wants
    for _ in range(150):
        changed = bytearray(data)
        changed[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        try:
            members = members_read(bytes(changed))
        except WrongError:
            continue
        assert members == evidence.files or wrong(members)


def test_a_member_that_stands_in_the_zip_twice_is_refused(evidence: Evidence, tmp_path: Path) -> None:
    path = tmp_path / "twice.zip"
    path.write_bytes(zipped(evidence.files))
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("case.json", b"{}")
    with pytest.raises(WrongError, match=r"case\.json: stands in the zip twice"):
        members_read(path.read_bytes())


def test_what_cannot_be_checked_is_said_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.zip")]) == 2
    (tmp_path / "no.zip").write_bytes(b"hello")
    assert main([str(tmp_path / "no.zip")]) == 1
    assert main([str(tmp_path / "no.zip"), "--key", "x"]) == 2
    assert "the zip: cannot be read" in capsys.readouterr().out


def _demands() -> Iterator[ast.Expr]:
    for node in ast.walk(ast.parse(SOURCE)):
        is_call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        if is_call and ast.unparse(node.value.func) == "self._demand":  # type: ignore[attr-defined]  # see is_call
            assert isinstance(node, ast.Expr)
            yield node


def _without(line: int) -> Any:
    """Return the verifier without the demand that begins in ``line``."""
    tree = ast.parse(SOURCE)
    for node in ast.walk(tree):
        for name in ("body", "orelse"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                kept = [
                    ast.Pass() if getattr(one, "lineno", 0) == line and isinstance(one, ast.Expr) else one
                    for one in block
                ]
                setattr(node, name, kept)
    program = type(opsportal_case)("mutated")
    exec(compile(ast.fix_missing_locations(tree), "mutated", "exec"), program.__dict__)  # noqa: S102
    return program


@pytest.mark.spec("V25")
def test_no_demand_of_the_verifier_can_be_left_out_unseen(evidence: Evidence) -> None:
    """Mutation: with each demand taken out in turn, some tampered bundle is judged otherwise than it must be."""
    tampered = [(tamper(evidence), words) for tamper, _, words in TAMPERS.values()]
    caught = [(files, words, _lines_of(files)) for files, words in tampered]
    survivors = []
    for demand in _demands():
        program, lines = _without(demand.lineno), set(range(demand.lineno, (demand.end_lineno or 0) + 1))
        judged = [words in wrong(files, program=program) for files, words, raised in caught if raised & lines]
        if all(judged):
            survivors.append(SOURCE.splitlines()[demand.lineno - 1].strip())
    assert survivors == []


def _lines_of(files: Files) -> set[int]:
    """Return the lines of the verifier in which a bundle was found wrong."""
    try:
        opsportal_case.Case(files).run()
    except WrongError as found:
        return {frame.lineno or 0 for frame in traceback.extract_tb(found.__traceback__)}
    return set()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 64, 65, 100])
def test_proofs_lead_to_the_root_and_to_no_other_place(size: int) -> None:
    leaves = [bytes.fromhex(sha(bytes([number]))) for number in range(size)]
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf)
    paths = inclusion_proofs(iter(leaves), size, range(size + 1))
    assert len(paths) == size
    for number, path in paths.items():
        assert is_included(leaves[number], number, size, path, tree.root())
        assert not is_included(leaves[number], number + 1, size, path, tree.root())
        assert not is_included(leaves[number], number, size, [*path, bytes(32)], tree.root())
        assert size == 1 or not is_included(leaves[number], number, size, path[:-1], tree.root())


def test_it_is_one_file_of_the_standard_library_alone() -> None:
    tree = ast.parse(case_verifier_text())
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    assert imported <= set(sys.stdlib_module_names)
