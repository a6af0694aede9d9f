"""Nothing outside of the root is ever touched, read or named: the attacks D1 to D8 of the abuse catalogue."""

import ctypes
import os
import socket
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lab import Lab

from ops_runtime.errors import OpsError, RefusedError
from ops_runtime.names import name_json, name_parse, name_show
from ops_runtime.root import Root
from ops_runtime.syscalls import openat2_exists, rename_noreplace

RACE_SECONDS = 2.0
OPERATIONS: dict[str, Callable[[str], dict[str, Any]]] = {
    "files.list": lambda path: {"path": path},
    "files.scan": lambda path: {"path": path},
    "files.suggest": lambda path: {"path": path},
    "files.read": lambda path: {"path": path},
    "files.stat": lambda path: {"path": path},
    "files.hash": lambda path: {"paths": [path]},
    "files.search": lambda path: {"path": path, "pattern": "."},
    "archive.create": lambda path: {"paths": [path], "target": "new.zip"},
    "files.rename": lambda path: {"path": path, "target": "new"},
    "files.move": lambda path: {"paths": [path], "target": "elsewhere"},
    "files.delete": lambda path: {"paths": [path]},
    "files.plan.create": lambda path: {"items": [f"delete:{path}"]},
}
LOOKS = {"files.list", "files.scan", "files.suggest", "files.read", "files.stat", "files.hash", "files.search"}
LOOKS |= {"files.plan.create"}
BAD = [
    "../outside",
    "a/../../outside",
    "/etc/passwd",
    "",
    "a//b",
    "./a",
    "a/.",
    "..",
    "a\0b",
    "a" * 300,
    "a/" * 2100 + "a",
]
BAD += [".ops-trash", ".ops-trash/x", "a/.ops-part-x"]


@pytest.fixture(params=["openat2", "walk"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Root]:
    """A root, walked in both ways."""
    if request.param == "openat2" and not openat2_exists():
        pytest.skip("this kernel has no openat2")
    folder = tmp_path / "confined"
    folder.mkdir()
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "file").write_text("secret")
    root = Root(folder, allow_openat2=request.param == "openat2")
    yield root
    root.close()


def asked(lab: Lab, operation: str, path: str) -> dict[str, object]:
    """Ask an operation about a path, effects by a dry-run, and return the result."""
    (lab.root / "elsewhere").mkdir(exist_ok=True)
    payload = lab.portal.payload(operation, OPERATIONS[operation](path))
    return lab.do(lab.portal.sealed(payload, [], []) if operation in LOOKS else payload)


@pytest.mark.parametrize("path", BAD)
def test_d1_a_path_that_could_leave_is_refused_before_it_is_looked_up(path: str) -> None:
    with pytest.raises(RefusedError) as error:
        name_parse(path)
    assert error.value.code == "PATH_INVALID"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_d1_every_operation_refuses_to_go_up(lab: Lab, operation: str) -> None:
    (lab.root.parent / "outside").write_text("secret")
    result = asked(lab, operation, "a/../../outside")
    assert (result["status"], result["code"]) == ("refused", "PATH_INVALID")


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_d2_no_operation_follows_a_link(lab: Lab, operation: str) -> None:
    outside = lab.root.parent / "outside"
    outside.mkdir()
    (outside / "file").write_text("secret")
    (lab.root / "link").symlink_to(outside)
    (lab.root / "direct").symlink_to(outside / "file")
    result = asked(lab, operation, "link/file")
    assert (result["status"], result["code"]) == ("refused", "LINK")
    result = asked(lab, operation, "direct")
    if operation == "files.stat":
        assert result["result"]["type"] == "symlink"  # type: ignore[index]
    else:
        assert (result["status"], result["code"]) in {("refused", "LINK"), ("refused", "NOT_REGULAR")}
    assert (outside / "file").read_text() == "secret"


def test_d2_the_target_of_a_move_is_not_reached_through_a_link(lab: Lab) -> None:
    (lab.root.parent / "outside").mkdir()
    (lab.root / "link").symlink_to(lab.root.parent / "outside")
    (lab.root / "file").write_text("x")
    for operation, params in (
        ("files.move", {"paths": ["file"], "target": "link"}),
        ("files.rename", {"path": "file", "target": "link/file"}),
        ("archive.create", {"paths": ["file"], "target": "link/a.zip"}),
    ):
        result = lab.do(lab.portal.payload(operation, params))
        assert (result["status"], result["code"]) == ("refused", "LINK")


def test_d2_a_folder_that_is_exchanged_for_a_link_all_the_time_lets_nothing_out(root: Root, tmp_path: Path) -> None:
    inside = tmp_path / "confined" / "folder"
    inside.mkdir()
    (inside / "file").write_text("inside")
    (tmp_path / "confined" / "link").symlink_to(tmp_path / "outside")
    stop = threading.Event()
    attacker = threading.Thread(target=_exchange, args=(root.fd, b"folder", b"link", stop))
    attacker.start()
    reads, escapes, until = 0, 0, time.monotonic() + RACE_SECONDS
    try:
        while time.monotonic() < until:
            try:
                with root.file((b"folder", b"file")) as (fd, _):
                    escapes += os.read(fd, 100) != b"inside"
                    reads += 1
            except OpsError:
                pass
    finally:
        stop.set()
        attacker.join()
    assert escapes == 0
    assert reads > 50


def _exchange(fd: int, one: bytes, other: bytes, stop: threading.Event, pause: float = 0.0) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    while not stop.is_set():
        libc.renameat2(fd, one, fd, other, 2)  # RENAME_EXCHANGE
        if pause:
            time.sleep(pause)


@pytest.mark.slow
def test_d2_deletions_under_that_attack_take_nothing_from_outside(lab: Lab) -> None:
    outside = lab.root.parent / "outside"
    outside.mkdir()
    (outside / "file").write_text("secret")
    (lab.root / "link").symlink_to(outside)
    (lab.root / "folder").mkdir()
    stop = threading.Event()
    fd, real = os.open(lab.root, os.O_RDONLY), os.open(lab.root / "folder", os.O_RDONLY)
    attacker = threading.Thread(target=_exchange, args=(fd, b"folder", b"link", stop, 0.003))
    attacker.start()
    begun, deletions = time.monotonic(), 0
    try:
        while time.monotonic() < begun + RACE_SECONDS or (not deletions and time.monotonic() < begun + 30):
            os.close(os.open("file", os.O_CREAT | os.O_WRONLY, 0o600, dir_fd=real))
            payload = lab.portal.payload("files.delete", {"paths": ["folder/file"]})
            found = lab.do(payload)
            if found["status"] == "executed":
                done = lab.do(lab.portal.sealed(payload, found["result"]["diff"], found["result"]["preconditions"]))
                deletions += done["status"] == "executed"
    finally:
        stop.set()
        attacker.join()
        os.close(fd)
        os.close(real)
    assert deletions > 0
    assert (outside / "file").read_text() == "secret"
    assert os.listdir(outside) == ["file"]


def test_d3_a_hard_link_to_outside_is_neither_read_nor_packed_nor_taken_away(lab: Lab) -> None:
    secret = lab.root.parent / "secret"
    secret.write_text("secret")
    os.link(secret, lab.root / "file")
    for operation in ("files.read", "archive.create", "files.rename", "files.move", "files.delete"):
        result = asked(lab, operation, "file")
        assert (operation, result["status"], result["code"]) == (operation, "refused", "HARD_LINK")
    (lab.root / "folder").mkdir()
    os.link(secret, lab.root / "folder" / "deep")
    assert asked(lab, "files.delete", "folder")["code"] == "HARD_LINK"
    assert secret.read_text() == "secret"


@pytest.mark.parametrize("operation", ["files.read", "files.hash", "files.delete", "files.rename", "archive.create"])
def test_d4_pipes_sockets_and_devices_are_refused_and_nothing_waits(lab: Lab, operation: str) -> None:
    os.mkfifo(lab.root / "pipe")
    server = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(lab.root)
    try:
        server.bind("socket")
    finally:
        os.chdir(here)
        server.close()
    for name in ("pipe", "socket"):
        result = asked(lab, operation, name)
        assert (result["status"], result["code"]) == ("refused", "NOT_REGULAR")


def test_d4_a_device_is_refused(root: Root, tmp_path: Path) -> None:
    try:
        os.mknod(tmp_path / "confined" / "null", 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("devices are made by root only")
    with pytest.raises(RefusedError) as error, root.file((b"null",)):
        pass
    assert error.value.code == "NOT_REGULAR"


NAMES = [
    b"new\nline",
    "\u202etxt.exe".encode(),
    b"\xff\xfe not utf-8",
    b"-rf",
    b"; touch x",
    b"$(touch x)",
    b"%n",
    b"\x1b[2J",
]


@pytest.mark.parametrize("raw", NAMES)
def test_d5_d6_odd_names_are_listed_deleted_and_restored_and_mean_nothing(lab: Lab, raw: bytes) -> None:
    path = os.path.join(os.fsencode(lab.root), raw)
    with open(path, "w") as file:
        file.write("odd")
    listed = lab.look("files.list")["result"]["entries"]
    assert [entry["name"] for entry in listed] == [name_json((raw,))]
    quoted = "".join(f"%{byte:02X}" for byte in raw)
    plan = lab.look("files.plan.create", items=[f"delete:{quoted}"])["result"]
    done = lab.effect("files.plan.apply", plan_id=plan["plan_id"], plan_hash=plan["plan_hash"])
    assert done["status"] == "executed", done
    assert os.listdir(lab.root) == []
    shown = lab.command("trash", "list").stdout
    assert name_show((raw,)) in shown
    assert all(one.isprintable() for one in shown.strip("\n"))
    (slot,) = done["result"]["trash"]
    assert lab.command("trash", "restore", slot).returncode == 0
    assert os.listdir(os.fsencode(lab.root)) == [raw]


def test_d5_a_name_that_is_not_utf8_is_told_as_base64() -> None:
    assert name_json((b"a", b"\xff")) == {"b64": "YS//"}
    assert name_parse({"b64": "YS//"}) == (b"a", b"\xff")
    for junk in ({"b64": "*"}, {"b64": 1}, {"b64": "", "x": 1}, 1, None, "\ud800"):
        with pytest.raises(RefusedError):
            name_parse(junk)


def folder_instead(path: Path) -> None:
    """Make a folder of that name instead of the file."""
    path.unlink()
    path.mkdir()


CHANGES: dict[str, Callable[[Path], object]] = {
    "written to": lambda path: path.write_text("other"),
    "replaced by the same length": lambda path: path.write_text("CONTENT"),
    "gone": lambda path: path.unlink(),
    "a folder now": folder_instead,
}


@pytest.mark.parametrize("case", CHANGES)
@pytest.mark.parametrize("operation", ["files.delete", "files.rename", "files.move"])
def test_d7_what_changed_after_the_approval_stops_everything(lab: Lab, operation: str, case: str) -> None:
    (lab.root / "first").write_text("first")
    (lab.root / "file").write_text("content")
    (lab.root / "folder").mkdir()
    wanted: dict[str, dict[str, Any]] = {
        "files.delete": {"paths": ["first", "file"]},
        "files.rename": {"path": "file", "target": "new"},
        "files.move": {"paths": ["first", "file"], "target": "folder"},
    }
    order = lab.sealed(operation, **wanted[operation])
    CHANGES[case](lab.root / "file")
    before = lab.tree()
    result = lab.do(order)
    assert (result["status"], result["code"]) == ("refused", "PLAN_STALE")
    assert lab.tree() == before


def test_d7_a_target_that_appeared_meanwhile_is_not_overwritten(lab: Lab) -> None:
    (lab.root / "file").write_text("content")
    order = lab.sealed("files.rename", path="file", target="new")
    (lab.root / "new").write_text("somebody's")
    assert lab.do(order)["code"] == "PLAN_STALE"
    assert lab.tree() == {"file": b"content", "new": b"somebody's"}


def test_d7_a_file_more_in_a_folder_stops_its_deletion(lab: Lab) -> None:
    (lab.root / "folder").mkdir()
    (lab.root / "folder" / "a").write_text("a")
    order = lab.sealed("files.delete", paths=["folder"])
    (lab.root / "folder" / "b").write_text("b")
    assert lab.do(order)["code"] == "PLAN_STALE"
    assert lab.tree() == {"folder/a": b"a", "folder/b": b"b"}


def test_a_rename_never_overwrites(root: Root, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "confined" / name).write_text(name)
    with pytest.raises(FileExistsError):
        rename_noreplace(root.fd, b"a", root.fd, b"b")
    with pytest.raises(ValueError, match="null"):
        rename_noreplace(root.fd, b"a", root.fd, b"c\0")
    assert (tmp_path / "confined" / "b").read_text() == "b"


@pytest.fixture
def mount(lab: Lab) -> Iterator[Path]:
    """A small file system of its own within the root."""
    folder = lab.root / "mounted"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not permitted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_d8_another_file_system_is_neither_entered_nor_moved_to(lab: Lab, mount: Path) -> None:
    (mount / "file").write_text("x")
    (lab.root / "file").write_text("x")
    for result in (
        asked(lab, "files.read", "mounted/file"),
        asked(lab, "files.delete", "mounted"),
        lab.do(lab.portal.payload("files.move", {"paths": ["file"], "target": "mounted"})),
        lab.do(lab.portal.payload("files.rename", {"path": "mounted/file", "target": "new"})),
    ):
        assert (result["status"], result["code"]) == ("refused", "CROSS_DEVICE")
    assert lab.look("files.scan")["result"]["files_scanned"] == 1


def test_d8_a_full_disk_leaves_nothing_half_done(portal_on_small_disk: Lab) -> None:
    lab = portal_on_small_disk
    (lab.root / "file").write_bytes(os.urandom(40_000))
    result = lab.effect("archive.create", paths=["file"], target="a.zip")
    assert (result["status"], result["code"]) == ("failed", "NO_SPACE")
    assert os.listdir(lab.root) == ["file"]


@pytest.fixture
def portal_on_small_disk(bare: Lab) -> Iterator[Lab]:
    """A machine whose root is a file system of 64 KiB."""
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(bare.root)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not permitted here")
    assert bare.configure().returncode == 0
    yield bare
    subprocess.run(["umount", str(bare.root)], check=True)


def test_d8_a_root_on_a_mount_of_its_own_has_its_trash_in_itself_and_hides_it(portal_on_small_disk: Lab) -> None:
    lab = portal_on_small_disk
    (lab.root / "file").write_text("x")
    done = lab.effect("files.delete", paths=["file"])
    assert done["status"] == "executed", done
    assert stat.S_IMODE((lab.root / ".ops-trash").stat().st_mode) == 0o700
    assert lab.look("files.list", recursive=True)["result"]["entries"] == []
    assert lab.command("trash", "restore", done["result"]["trash"][0]).returncode == 0
    assert (lab.root / "file").read_text() == "x"
