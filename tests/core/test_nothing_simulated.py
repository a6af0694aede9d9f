"""The product holds nothing that only looks as if it worked."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PRODUCT = ("opsportal", "agents", "scenarios", "findings", "ledger")
WORDS = re.compile(
    r"\b(fakes?|faked|stubs?|stubbed|dummy|mocks?|mocked|lorem ipsum|simulat\w+|sample data|example data|canned"
    r"|hard-?coded|not (?:yet )?implemented|coming soon|todo|fixme|xxx|hack)\b",
    re.IGNORECASE,
)

# Type stubs, and the name of a cache of Django that keeps nothing.
EXCUSED = ("the stub takes names only", "their stubs lack", "dummy.DummyCache")


def sources(*endings: str) -> list[Path]:
    """Every file of ours that runs, or is shown, in the product."""
    places = [ROOT / package for package in PRODUCT] + [ROOT / "templates", ROOT / "static" / "opsportal"]
    return sorted(path for place in places for path in place.rglob("*") if path.suffix in endings)


@pytest.mark.spec("V59")
@pytest.mark.parametrize("path", sources(".py", ".html", ".js", ".yaml"), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_word_admits_to_pretending(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [f"{number}: {line.strip()}" for number, line in enumerate(lines, 1) if WORDS.search(line)]
    assert [line for line in found if not any(excuse in line for excuse in EXCUSED)] == []


def hollow(tree: ast.AST) -> Iterator[str]:
    """Functions that do nothing and are no declaration: ``pass``, ``…``, or an error that says so."""
    declared = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any("Protocol" in ast.unparse(base) for base in node.bases)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and id(node) not in declared:
            body = [
                line
                for line in node.body
                if not (
                    isinstance(line, ast.Expr)
                    and isinstance(line.value, ast.Constant)
                    and isinstance(line.value.value, str)
                )
            ]
            marked = {ast.unparse(mark) for mark in node.decorator_list}
            is_empty = len(body) == 1 and ast.unparse(body[0]) in {"pass", "..."}
            is_refusal = any(isinstance(line, ast.Raise) and "NotImplemented" in ast.unparse(line) for line in body)
            if (is_empty or is_refusal) and not marked & {"overload", "abstractmethod"}:
                yield f"{node.lineno}: {node.name}"


@pytest.mark.spec("V59")
@pytest.mark.parametrize("path", sources(".py"), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_function_is_hollow(path: Path) -> None:
    assert list(hollow(ast.parse(path.read_text(encoding="utf-8")))) == []


def test_the_gate_catches_what_it_is_for() -> None:
    code = "def a():\n    pass\ndef b():\n    '''Later.'''\n    raise NotImplementedError\ndef c():\n    return 1\n"
    assert list(hollow(ast.parse(code))) == ["1: a", "3: b"]
    assert WORDS.search("return fake heartbeat")
    assert WORDS.search("simulated metrics")
    assert not WORDS.search("a mocking bird stubbornly todos")
