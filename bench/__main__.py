"""``python -m bench [suite …]``: run benchmark suites, each in a process of its own; exit 1 when a goal was missed.

A suite is a module here that defines ``measure``; every other module only helps.
"""

import ast
import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Run the suites that were named, else all."""
    suites = suites_find(Path(__file__).parent)
    chosen = sys.argv[1:] or suites
    unknown = set(chosen) - set(suites)
    if unknown:
        print(f"no such suite: {', '.join(sorted(unknown))}; there are: {', '.join(suites)}")
        return 2
    codes = {
        suite: subprocess.run([sys.executable, "-m", f"bench.{suite}"], check=False).returncode for suite in chosen
    }
    failed = [suite for suite, code in codes.items() if code]
    print(
        f"\n{len(codes) - len(failed)} of {len(codes)} suites met every goal"
        + (f"; missed: {', '.join(failed)}" if failed else "")
    )
    return int(bool(failed))


def suites_find(folder: Path) -> list[str]:
    """Return the names of the suites in ``folder``, sorted, without importing any of them."""
    return sorted(path.stem for path in folder.glob("*.py") if _defines_measure(path))


def _defines_measure(path: Path) -> bool:
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == "measure"
        for node in ast.parse(path.read_text(encoding="utf-8")).body
    )


if __name__ == "__main__":
    sys.exit(main())
