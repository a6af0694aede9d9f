"""Fetch packages from the npm registry in exact versions and keep only the files that the plan lists."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

from opsportal.portal.vendoring.css import Keep, css_trim

PLAN = Path(__file__).with_name("vendor.toml")
LOCK_NAME = "VENDOR.lock.json"
SOURCE_MAP = re.compile(rb"^[ \t]*/[/*][#@] ?sourceMappingURL=.*$", re.MULTILINE)
BANNER = re.compile(r"/\*!.*?\*/", re.DOTALL)
SHAPES = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
BOUNDING_BOX = re.compile(r'<path stroke="none"[^>]*/>')


class VendorError(Exception):
    """What was fetched is not what was asked for."""


class LockedFile(TypedDict):
    """One file below static/vendor/."""

    sha256: str
    bytes: int


class LockedPackage(TypedDict):
    """One package: ``integrity`` is npm's, of the whole archive; file names are relative to static/vendor/."""

    name: str
    version: str
    licence: str
    integrity: str
    files: dict[str, LockedFile]


class Lock(TypedDict):
    """The content of VENDOR.lock.json."""

    packages: list[LockedPackage]


@dataclass(frozen=True, slots=True)
class Package:
    """What to take from one npm package."""

    name: str
    version: str
    licence: str
    files: dict[str, str]
    keep: Keep | None = None
    icons: "Icons | None" = None


@dataclass(frozen=True, slots=True)
class Icons:
    """Single SVG files whose shapes go into one JSON file."""

    folder: str
    target: str
    names: list[str] = field(default_factory=list)


def plan_read(path: Path) -> list[Package]:
    """Return the packages that a plan asks for; KeyError or TypeError when it is not of the known form."""
    return [
        Package(
            name=entry["name"],
            version=entry["version"],
            licence=entry["licence"],
            files=entry["files"],
            keep=Keep(**{key: tuple(value) for key, value in entry["trim"].items()}) if "trim" in entry else None,
            icons=Icons(**entry["icons"]) if "icons" in entry else None,
        )
        for entry in tomllib.loads(path.read_text())["package"]
    ]


def vendor_all(plan: list[Package], *, target: Path) -> Lock:
    """Replace the folder ``target`` by what the plan says and return its new lock.

    Raises VendorError when an archive is not the one its integrity promises, when a version that was
    locked before has changed, or when a file or icon is missing.
    """
    known = _locked_integrity(target / LOCK_NAME)
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "vendor"
        packages = [_vendor(package, known=known, folder=Path(folder), target=fresh) for package in plan]
        lock = Lock(packages=packages)
        (fresh / LOCK_NAME).write_text(json.dumps(lock, indent=2, sort_keys=True) + "\n")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(fresh, target)
    return lock


def lock_problems(target: Path) -> list[str]:
    """Say in which files ``target`` differs from its lock: changed, missing, or not listed."""
    lock: Lock = json.loads((target / LOCK_NAME).read_text())
    listed = {name: file["sha256"] for package in lock["packages"] for name, file in package["files"].items()}
    present = {
        str(path.relative_to(target)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in target.rglob("*")
        if path.is_file() and path.name != LOCK_NAME
    }
    return sorted(
        [f"{name} is missing" for name in listed.keys() - present.keys()]
        + [f"{name} is not in the lock" for name in present.keys() - listed.keys()]
        + [f"{name} was changed" for name in listed.keys() & present.keys() if listed[name] != present[name]]
    )


def _locked_integrity(lock_path: Path) -> dict[tuple[str, str], str]:
    if not lock_path.exists():
        return {}
    lock: Lock = json.loads(lock_path.read_text())
    return {(package["name"], package["version"]): package["integrity"] for package in lock["packages"]}


def _vendor(package: Package, *, known: dict[tuple[str, str], str], folder: Path, target: Path) -> LockedPackage:
    archive, integrity = _pack(package, folder)
    if known.get((package.name, package.version), integrity) != integrity:
        raise VendorError(f"{package.name} {package.version} is not the archive that was locked before")
    files: dict[str, LockedFile] = {}
    with tarfile.open(archive) as tar:
        contents = {source: _read(tar, source) for source in package.files}
        for source, name in package.files.items():
            files[name] = _write(target / name, _cleaned(contents[source], package))
        if package.icons:
            shapes = {name: _shape(_read(tar, f"{package.icons.folder}/{name}.svg")) for name in package.icons.names}
            files[package.icons.target] = _write(
                target / package.icons.target, (json.dumps(shapes, indent=1, sort_keys=True) + "\n").encode()
            )
    return LockedPackage(
        name=package.name, version=package.version, licence=package.licence, integrity=integrity, files=files
    )


def _pack(package: Package, folder: Path) -> tuple[Path, str]:
    """Download one archive with npm and check it against npm's own integrity value."""
    npm = shutil.which("npm")
    if not npm:
        raise VendorError("npm is needed to fetch; it is not needed to run the portal")
    done = subprocess.run(  # noqa: S603  the arguments come from our own plan
        [npm, "pack", "--json", "--silent", f"{package.name}@{package.version}"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise VendorError(f"npm pack {package.name}@{package.version}: {done.stderr.strip()}")
    answer = json.loads(done.stdout)[0]
    archive = folder / str(answer["filename"])
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if answer["integrity"] != f"sha512-{digest}":
        raise VendorError(f"{package.name}: the archive does not have the integrity that npm states")
    return archive, str(answer["integrity"])


def _read(tar: tarfile.TarFile, source: str) -> bytes:
    try:
        member = tar.extractfile(f"package/{source}")
    except KeyError:
        member = None
    if member is None:
        raise VendorError(f"{source} is not in the archive")
    return member.read()


def _cleaned(content: bytes, package: Package) -> bytes:
    content = SOURCE_MAP.sub(b"", content).rstrip() + b"\n"
    if package.keep is None:
        return content
    text = content.decode()
    banner = BANNER.search(text)
    return ((banner.group() + "\n" if banner else "") + css_trim(text, package.keep)).encode()


def _shape(svg: bytes) -> str:
    found = SHAPES.search(svg.decode())
    if not found:
        raise VendorError("an icon is not an svg")
    return "".join(line.strip() for line in BOUNDING_BOX.sub("", found.group(1)).splitlines())


def _write(path: Path, content: bytes) -> LockedFile:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return LockedFile(sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))
