"""What this program may know: nothing of the portal, no shell, and its own list of operations."""

import ast
from collections.abc import Iterator
from pathlib import Path

from lab import RUNTIME

from ops_runtime import __version__, config
from ops_runtime.operations import OPERATIONS

PACKAGE = RUNTIME / "ops_runtime"
OURS = {"ops_runtime", "cryptography", "httpx", "http_message_signatures", "re2"}
FORBIDDEN = {"subprocess", "pickle", "marshal", "shelve", "importlib", "socket", "multiprocessing"}


def trees() -> Iterator[tuple[Path, ast.AST]]:
    """Every module."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.AST) -> Iterator[str]:
    """The top names that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield str(node.module).split(".")[0]


def test_it_imports_nothing_but_itself_its_three_libraries_and_the_standard_library() -> None:
    import sys  # noqa: PLC0415

    for path, tree in trees():
        names = set(imported(tree))
        assert names <= OURS | set(sys.stdlib_module_names), path
        assert not names & FORBIDDEN, path


def test_it_runs_no_command_and_evaluates_no_text() -> None:
    calls = {"system", "popen", "execv", "execve", "spawnv", "fork", "posix_spawn"}
    for path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
                assert node.attr not in calls, path
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"eval", "exec", "compile", "__import__"}, path


def test_the_operations_that_may_be_allowed_are_those_that_exist() -> None:
    assert set(config.OPERATIONS) == set(OPERATIONS)
    assert all((one.look is None) != (one.preview is None) for one in OPERATIONS.values())


def test_modules_and_functions_are_short() -> None:
    for path, tree in trees():
        assert len(path.read_text(encoding="utf-8").splitlines()) < 400, path
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 60, (path, node.name)


def test_the_version_is_that_of_the_package() -> None:
    assert f'version = "{__version__}"' in (RUNTIME / "pyproject.toml").read_text(encoding="utf-8")
