"""What is taken from others: fetched in exact versions, cut down the same way each time, locked."""

import base64
import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest
from django.conf import settings

from opsportal.portal.vendoring.css import Keep, css_parse, css_trim
from opsportal.portal.vendoring.fetch import PLAN, Package, VendorError, lock_problems, plan_read, vendor_all

VENDOR = Path(settings.BASE_DIR) / "static" / "vendor"
LICENCES = {"MIT", "0BSD", "ISC", "BSD-3-Clause", "Apache-2.0"}


def test_the_vendored_files_are_those_of_the_lock() -> None:
    assert lock_problems(VENDOR) == []


def test_the_lock_is_of_the_plan() -> None:
    lock = json.loads((VENDOR / "VENDOR.lock.json").read_text())
    locked = {(package["name"], package["version"], package["licence"]) for package in lock["packages"]}
    assert locked == {(package.name, package.version, package.licence) for package in plan_read(PLAN)}
    assert all(package["integrity"].startswith("sha512-") for package in lock["packages"])
    assert {licence for _, _, licence in locked} <= LICENCES


def test_a_changed_a_missing_and_an_unlisted_file_are_named(tmp_path: Path) -> None:
    for name in ("same.js", "changed.js", "extra.js"):
        (tmp_path / name).write_text(name)
    digest = hashlib.sha256(b"same.js").hexdigest()
    files = {name: {"sha256": digest, "bytes": 7} for name in ("same.js", "changed.js", "gone.js")}
    (tmp_path / "VENDOR.lock.json").write_text(json.dumps({"packages": [{"files": files}]}))
    assert lock_problems(tmp_path) == ["changed.js was changed", "extra.js is not in the lock", "gone.js is missing"]


def test_no_vendored_file_asks_for_a_source_map() -> None:
    named = [path.name for path in VENDOR.rglob("*.*") if b"sourceMappingURL" in path.read_bytes()]
    assert named == []


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An npm that packs one archive, and states the integrity that the file ``integrity`` holds."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in (("a.js", b"let a;\n//# sourceMappingURL=a.js.map\n"), ("LICENSE", b"MIT\n")):
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "a.tgz").write_bytes(buffer.getvalue())
    digest = base64.b64encode(hashlib.sha512(buffer.getvalue()).digest()).decode()
    (tools / "integrity").write_text(f"sha512-{digest}")
    script = tools / "npm"
    script.write_text(
        f'#!/bin/sh\ncp {tools}/a.tgz a-1.tgz\necho "[{{\\"filename\\": \\"a-1.tgz\\", '
        f'\\"integrity\\": \\"$(cat {tools}/integrity)\\"}}]"\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    return tools


def test_it_keeps_what_the_plan_lists_and_locks_it(npm: Path, tmp_path: Path) -> None:
    target = tmp_path / "vendor"
    lock = vendor_all([Package("a", "1", "MIT", {"a.js": "a/a.js"})], target=target)
    assert (target / "a" / "a.js").read_text() == "let a;\n"
    assert lock["packages"][0]["files"].keys() == {"a/a.js"}
    assert lock_problems(target) == []


def test_it_refuses_an_archive_that_is_not_what_npm_states(npm: Path, tmp_path: Path) -> None:
    (npm / "integrity").write_text("sha512-AAAA")
    with pytest.raises(VendorError, match="integrity"):
        vendor_all([Package("a", "1", "MIT", {"a.js": "a/a.js"})], target=tmp_path / "vendor")
    assert not (tmp_path / "vendor").exists()


def test_it_refuses_a_version_that_changed_since_it_was_locked(npm: Path, tmp_path: Path) -> None:
    target, plan = tmp_path / "vendor", [Package("a", "1", "MIT", {"a.js": "a/a.js"})]
    vendor_all(plan, target=target)
    lock = json.loads((target / "VENDOR.lock.json").read_text())
    lock["packages"][0]["integrity"] = "sha512-other"
    (target / "VENDOR.lock.json").write_text(json.dumps(lock))
    with pytest.raises(VendorError, match="locked before"):
        vendor_all(plan, target=target)
    assert (target / "a" / "a.js").exists()


def test_it_names_a_file_that_is_not_in_the_archive(npm: Path, tmp_path: Path) -> None:
    with pytest.raises(VendorError, match=r"b\.js"):
        vendor_all([Package("a", "1", "MIT", {"b.js": "b.js"})], target=tmp_path / "vendor")


@pytest.mark.parametrize(
    ("text", "trimmed"),
    [
        (".a{x:y}.b{x:y}", ".a{x:y}\n"),
        (".a,.b{x:y}", ".a{x:y}\n"),
        (".a .b,.a:hover{x:y}", ".a:hover{x:y}\n"),
        ("p{x:y}", "p{x:y}\n"),
        (".a:not(.b){x:y}", ".a:not(.b){x:y}\n"),
        (".a:is(.b,.c){x:y}", ""),
        (".a:is(.b,p){x:y}", ".a:is(.b,p){x:y}\n"),
        ("@media print{.b{x:y}}", ""),
        ("@media print{.a{x:y}.b{x:y}}", "@media print{\n.a{x:y}\n}\n"),
        ("[data-gone=x] .a{x:y}", ""),
        (":root{--used:1;--not:2}.a{x:var(--used)}", ":root{--used:1}\n.a{x:var(--used)}\n"),
        (":root{--one:var(--two);--two:2}", ""),
        (":root{--ours:1}", ":root{--ours:1}\n"),
        ("@keyframes spin{to{x:y}}.a{animation:1s spin}", "@keyframes spin{to{x:y}}\n.a{animation:1s spin}\n"),
        ("@keyframes spin{to{x:y}}", ""),
        ('.a{x:url("data:image/svg+xml;{}")}', '.a{x:url("data:image/svg+xml;{}")}\n'),
        (".a{x:f(g(h(i(1;2))))}", ".a{x:f(g(h(i(1;2))))}\n"),
        ('@charset "UTF-8";/* .b{} */.a{x:y}', ".a{x:y}\n"),
    ],
)
def test_only_what_kept_classes_can_need_stays(text: str, trimmed: str) -> None:
    assert css_trim(text, Keep(("a",), ("--ours",), ("data-gone",))) == trimmed


@pytest.mark.parametrize("text", [".a{x:y", ".a{x:y}}", "@media print{.a{x:y}"])
def test_unmatched_braces_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="block"):
        css_parse(text)
