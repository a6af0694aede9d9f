"""What each operation really does."""

import base64
import gzip
import hashlib
import io
import os
import random
import tarfile
import zipfile
from collections import defaultdict
from pathlib import Path

import pytest
from lab import Lab

from ops_runtime import duplicates
from ops_runtime.root import Root


def test_list_tells_kind_size_and_time_sorted_and_cut(lab: Lab) -> None:
    (lab.root / "b").write_text("two")
    (lab.root / "a").mkdir()
    (lab.root / "a" / "deep").write_text("x")
    (lab.root / "link").symlink_to("b")
    os.utime(lab.root / "b", (1_700_000_000, 1_700_000_000))
    result = lab.look("files.list")["result"]
    assert [(one["name"], one["type"], one["size"]) for one in result["entries"]] == [
        ("a", "directory", 0),
        ("b", "file", 3),
        ("link", "symlink", 0),
    ]
    assert (result["entries"][1]["modified"], result["total"], result["truncated"]) == (1_700_000_000, 3, False)
    deep = lab.look("files.list", recursive=True, limit=2)["result"]
    assert ([one["name"] for one in deep["entries"]], deep["total"], deep["truncated"]) == (["a", "b"], 4, True)


def test_a_list_that_is_too_long_to_be_told_is_cut_and_says_so(lab: Lab) -> None:
    for number in range(1_200):
        (lab.root / f"{number:04d}{'x' * 200}").write_text("")
    result = lab.look("files.list", limit=5000)["result"]
    assert (result["total"], result["truncated"]) == (1_200, True)
    assert 500 < len(result["entries"]) < 1_200


def test_read_gives_text_cut_between_characters_or_base64(lab: Lab) -> None:
    (lab.root / "text").write_text("häuser")
    (lab.root / "bytes").write_bytes(b"\xff\x00")
    (lab.root / "odd").write_bytes(b"\x01" * 65_536)
    whole = lab.look("files.read", path="text")["result"]
    assert (whole["content"], whole["encoding"], whole["truncated"], whole["size"]) == ("häuser", "utf-8", False, 7)
    assert lab.look("files.read", path="text", max_bytes=2)["result"]["content"] == "h"
    assert lab.look("files.read", path="bytes")["result"]["content"] == base64.b64encode(b"\xff\x00").decode()
    assert lab.look("files.read", path="odd")["result"]["encoding"] == "base64"


def test_stat_and_hash(lab: Lab) -> None:
    (lab.root / "file").write_text("content")
    assert lab.look("files.stat", path="gone")["result"]["exists"] is False
    found = lab.look("files.stat", path="file")["result"]
    assert (found["exists"], found["type"], found["size"], found["links"]) == (True, "file", 7, 1)
    (one,) = lab.look("files.hash", paths=["file"])["result"]["hashes"]
    assert one == {"path": "file", "size": 7, "sha256": hashlib.sha256(b"content").hexdigest()}
    assert lab.look("files.hash", paths=["gone"])["code"] == "PATH_MISSING"
    assert lab.look("files.hash", paths=["."])["code"] == "PATH_INVALID"


def test_search_is_linear_whatever_the_pattern(lab: Lab) -> None:
    (lab.root / ("a" * 250)).write_text("")
    (lab.root / "folder").mkdir()
    (lab.root / "folder" / "Bericht.txt").write_text("x")
    result = lab.look("files.search", pattern="(?i)^bericht")["result"]
    assert [one["path"] for one in result["matches"]] == ["folder/Bericht.txt"]
    assert lab.look("files.search", pattern="(a|a)*(a|aa)+$X|^(a+)+$Y")["result"]["total"] == 0


def test_scan_finds_exactly_what_comparing_all_contents_finds(tmp_path: Path) -> None:
    chance = random.Random(3)  # noqa: S311
    pool = [chance.randbytes(size) for size in (0, 1, 1, 63, 64, 65, 4095, 4096, 4097, 9000, 9000) for _ in range(2)]
    pool += [b"\0" * 70, b"x" + b"\0" * 69, b"h" * 4096 + b"1", b"h" * 4096 + b"2", b"h" * 4096 + b"1" * 9]
    for folder in range(6):
        (tmp_path / f"d{folder}" / "deep").mkdir(parents=True)
        for number in range(40):
            path = tmp_path / f"d{folder}" / ("deep" if number % 2 else ".") / f"f{number}"
            path.write_bytes(chance.choice(pool))
    os.link(tmp_path / "d0" / "f0", tmp_path / "d1" / "same")
    (tmp_path / "d0" / "link").symlink_to("f0")
    expected: dict[bytes, set[int]] = defaultdict(set)
    for path in tmp_path.rglob("f*"):
        if path.is_file() and path.stat().st_size:
            expected[path.read_bytes()].add(path.stat().st_ino)
    root = Root(tmp_path)
    try:
        scan = duplicates.duplicates_below(root, (), min_size=1, limit=1 << 30)
    finally:
        root.close()
    groups = {body: inodes for body, inodes in expected.items() if len(inodes) > 1}
    assert {one.sha256: len(one.names) for one in scan.groups} == {
        hashlib.sha256(body).hexdigest(): len(inodes) for body, inodes in groups.items()
    }
    assert (scan.files, scan.skipped) == (241, 0)
    assert [one.wasted for one in scan.groups] == sorted((one.wasted for one in scan.groups), reverse=True)


def test_scan_tells_groups_and_waste(lab: Lab) -> None:
    for name in ("a", "b", "c"):
        (lab.root / name).write_text("alike")
    (lab.root / "d").write_text("other")
    result = lab.look("files.scan")["result"]
    assert (result["files_scanned"], result["duplicate_groups"], result["total_wasted_bytes"]) == (4, 1, 10)
    (group,) = result["duplicates"]
    assert (group["files"], group["count"], group["wasted_bytes"]) == (["a", "b", "c"], 3, 10)
    assert group["hash"] == hashlib.sha256(b"alike").hexdigest()
    assert lab.look("files.scan", min_size=6)["result"]["duplicate_groups"] == 0


def test_suggest_counts_nothing_twice(lab: Lab) -> None:
    (lab.root / "__pycache__").mkdir()
    (lab.root / "__pycache__" / "m.pyc").write_text("12345")
    (lab.root / "x.tmp").write_text("123")
    (lab.root / "empty").write_text("")
    (lab.root / "a").write_text("alike")
    (lab.root / "b").write_text("alike")
    result = lab.look("files.suggest")["result"]
    found = result["suggestions"]
    assert found["cache_dirs"] == [{"path": "__pycache__", "size": 5}]
    assert found["temp_files"] == [{"path": "x.tmp", "size": 3}]
    assert found["empty_files"] == [{"path": "empty", "size": 0}]
    assert [one["files"] for one in found["duplicates"]] == [["a", "b"]]
    assert (result["files_analyzed"], result["total_recoverable_bytes"]) == (5, 13)


def test_rename_and_move_do_it(lab: Lab) -> None:
    (lab.root / "a").write_text("a")
    (lab.root / "folder").mkdir()
    assert lab.effect("files.rename", path="a", target="b")["status"] == "executed"
    assert lab.effect("files.move", paths=["b"], target="folder")["status"] == "executed"
    assert lab.tree() == {"folder/b": b"a"}
    assert lab.effect("files.move", paths=["folder/b"], target=".")["status"] == "executed"
    assert lab.tree() == {"b": b"a"}


def test_a_dry_run_tells_changes_and_states_and_does_nothing(lab: Lab) -> None:
    (lab.root / "folder").mkdir()
    (lab.root / "folder" / "a").write_text("a")
    found = lab.do(lab.portal.payload("files.delete", {"paths": ["folder"]}))["result"]
    assert found == {
        "diff": [
            {"action": "delete", "path": "folder", "to": None},
            {"action": "delete", "path": "folder/a", "to": None},
        ],
        "preconditions": [
            {"path": "folder", "kind": "directory", "size": 0, "sha256": ""},
            {"path": "folder/a", "kind": "file", "size": 1, "sha256": hashlib.sha256(b"a").hexdigest()},
        ],
    }
    assert lab.tree() == {"folder/a": b"a"}
    moved = lab.do(lab.portal.payload("files.rename", {"path": "folder/a", "target": "b"}))["result"]
    assert moved["diff"] == [{"action": "rename", "path": "folder/a", "to": "b"}]
    assert moved["preconditions"][-1] == {"path": "b", "kind": "absent", "size": 0, "sha256": ""}


def test_a_folder_goes_to_the_trash_with_everything_and_comes_back(lab: Lab) -> None:
    (lab.root / "folder" / "deep").mkdir(parents=True)
    (lab.root / "folder" / "deep" / "a").write_text("a")
    done = lab.effect("files.delete", paths=["folder"])
    assert (done["status"], list(lab.root.iterdir())) == ("executed", [])
    assert lab.command("trash", "restore", done["result"]["trash"][0]).returncode == 0
    assert lab.tree() == {"folder/deep/a": b"a"}


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("files.delete", {"paths": ["gone"]}, "PATH_MISSING"),
        ("files.delete", {"paths": ["a", "a"]}, "PARAMS_INVALID"),
        ("files.delete", {"paths": ["folder", "folder/x"]}, "PARAMS_INVALID"),
        ("files.rename", {"path": "a", "target": "folder"}, "TARGET_EXISTS"),
        ("files.rename", {"path": "a", "target": "gone/a"}, "PATH_MISSING"),
        ("files.rename", {"path": "folder", "target": "folder/in"}, "PARAMS_INVALID"),
        ("files.move", {"paths": ["a"], "target": "a"}, "LINK"),
        ("files.move", {"paths": ["a"], "target": "."}, "PARAMS_INVALID"),
        ("archive.create", {"paths": ["a"], "target": "a.rar"}, "PARAMS_INVALID"),
        ("archive.create", {"paths": ["folder"], "target": "folder/a.zip"}, "PARAMS_INVALID"),
        ("archive.create", {"paths": ["gone"], "target": "a.zip"}, "PATH_MISSING"),
    ],
)
def test_what_cannot_be_done_is_said_at_the_dry_run(
    lab: Lab, operation: str, params: dict[str, object], code: str
) -> None:
    (lab.root / "a").write_text("a")
    (lab.root / "folder").mkdir()
    (lab.root / "folder" / "x").write_text("x")
    assert lab.do(lab.portal.payload(operation, params))["code"] == code


def test_a_plan_of_many_changes_is_made_shown_and_applied_once(lab: Lab) -> None:
    for name in ("a", "b:c", "d%e"):
        (lab.root / name).write_text(name)
    (lab.root / "folder").mkdir()
    items = ["delete:a", "rename:b%3Ac:bc", "move:d%25e:folder/de"]
    made = lab.look("files.plan.create", items=items)["result"]
    assert (made["actions_count"], made["stats"]["delete"], made["stats"]["bytes"]) == (3, 1, 7)
    assert lab.look("files.plan.get", plan_id=made["plan_id"])["result"]["plan_hash"] == made["plan_hash"]
    done = lab.effect("files.plan.apply", plan_id=made["plan_id"], plan_hash=made["plan_hash"])
    assert (done["status"], done["result"]["applied_count"]) == ("executed", 3)
    assert lab.tree() == {"bc": b"b:c", "folder/de": b"d%e"}


def test_a_plan_of_another_hash_or_over_other_files_is_refused(lab: Lab) -> None:
    (lab.root / "a").write_text("a")
    made = lab.look("files.plan.create", items=["delete:a"])["result"]
    wanted = {"plan_id": made["plan_id"], "plan_hash": "0" * 64}
    assert lab.do(lab.portal.payload("files.plan.apply", wanted))["code"] == "PLAN_HASH_MISMATCH"
    missing = {"plan_id": "00000000-0000-4000-8000-000000000000", "plan_hash": "0" * 64}
    assert lab.do(lab.portal.payload("files.plan.apply", missing))["code"] == "PLAN_MISSING"
    (lab.root / "a").write_text("b")
    wanted = {"plan_id": made["plan_id"], "plan_hash": made["plan_hash"]}
    assert lab.do(lab.portal.payload("files.plan.apply", wanted))["code"] == "PLAN_STALE"


@pytest.mark.parametrize("end", [".zip", ".tar.gz"])
def test_an_archive_holds_the_files_and_is_the_same_each_time(lab: Lab, end: str) -> None:
    (lab.root / "folder").mkdir()
    (lab.root / "folder" / "a").write_text("a" * 10_000)
    (lab.root / "b").write_text("b")
    first = lab.effect("archive.create", paths=["folder", "b"], target="one" + end)
    second = lab.effect("archive.create", paths=["b", "folder"], target="two" + end)
    assert (first["status"], first["result"]["files"]) == ("executed", 2)
    body = (lab.root / ("one" + end)).read_bytes()
    assert body == (lab.root / ("two" + end)).read_bytes()
    assert hashlib.sha256(body).hexdigest() == first["result"]["sha256"] == second["result"]["sha256"]
    assert first["result"]["size"] == len(body)
    if end == ".zip":
        archive = zipfile.ZipFile(io.BytesIO(body))
        found = {name: archive.read(name) for name in archive.namelist()}
    else:
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(body))) as packed:
            found = {}
            for member in packed.getmembers():
                file = packed.extractfile(member)
                found[member.name + ("/" if member.isdir() else "")] = file.read() if file else b""
    assert found == {"b": b"b", "folder/": b"", "folder/a": b"a" * 10_000}


def test_an_archive_needs_no_dry_run_but_never_overwrites(lab: Lab) -> None:
    (lab.root / "a").write_text("a")
    payload = lab.portal.payload("archive.create", {"paths": ["a"], "target": "a.zip"})
    assert lab.do(lab.portal.sealed(payload, [], []))["status"] == "executed"
    again = lab.portal.payload("archive.create", {"paths": ["a"], "target": "a.zip"})
    assert lab.do(lab.portal.sealed(again, [], []))["code"] == "TARGET_EXISTS"
