"""Build ops-runtime as one file for this system and architecture, with its checksum, in runtime/dist/.

    python3 -m venv /tmp/build && /tmp/build/bin/pip install -r runtime/requirements-build.txt ./runtime
    /tmp/build/bin/python runtime/build.py

The same sources, Python and libraries give the same file: the hash seed is fixed and times are those of the last commit.
"""

import hashlib
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
DIST = HERE / "dist"
FALLBACK_EPOCH = "1700000000"


def main() -> int:
    """Build, try the result, write SHA256SUMS."""
    sys.path.insert(0, str(HERE))
    from ops_runtime import __version__  # noqa: PLC0415  found only now

    name = f"ops-runtime-{__version__}-{platform.system().lower()}-{platform.machine().lower()}"
    with tempfile.TemporaryDirectory() as work:
        subprocess.run(_command(name, Path(work)), check=True, env=_environment(), cwd=HERE)
    built = DIST / name
    said = subprocess.run([built, "version"], check=True, capture_output=True, text=True).stdout.strip()
    if said != f"ops-runtime {__version__}":
        print(f"the file says {said!r}")
        return 1
    _checksums_write()
    print(f"{built}: {built.stat().st_size / 1e6:.1f} MB")
    return 0


def _command(name: str, work: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "PyInstaller", "--onefile", "--clean", "--noconfirm", "--name", name),
        *("--distpath", str(DIST), "--workpath", str(work), "--specpath", str(work), "--paths", str(HERE)),
        *("--collect-submodules", "ops_runtime", "--exclude-module", "tkinter"),
        str(HERE / "ops_runtime" / "__main__.py"),
    ]


def _environment() -> dict[str, str]:
    command = ["git", "log", "-1", "--format=%ct", "--", "."]
    found = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False).stdout.strip()
    return dict(os.environ) | {"PYTHONHASHSEED": "1", "SOURCE_DATE_EPOCH": found or FALLBACK_EPOCH}


def _checksums_write() -> None:
    files = sorted(path for path in DIST.iterdir() if path.name != "SHA256SUMS")
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (DIST / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
