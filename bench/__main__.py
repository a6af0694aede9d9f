"""``python -m bench [suite …]``: run benchmark suites, each in a process of its own; exit 1 when a goal was missed."""

import subprocess
import sys
from pathlib import Path

NOT_SUITES = {
    "__init__",
    "__main__",
    "bare_broadcast",
    "listeners",
    "live_lab",
    "report",
    "scratch",
    "server",
    "targets",
}


def main() -> int:
    """Run the suites that were named, else all."""
    suites = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in NOT_SUITES)
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


if __name__ == "__main__":
    sys.exit(main())
