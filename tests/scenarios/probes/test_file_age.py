"""Files that must be there and be fresh."""

import os
import threading
from pathlib import Path

import pytest

from scenarios.probes.kinds import probe_for
from tests.scenarios.probes.looking import NOW, look_at, must, verdict

FRESH = must("age_seconds", "<", 3600)


def file_made(path: Path, age_seconds: int, size: int = 10) -> Path:
    path.write_bytes(b"x" * size)
    written = NOW.timestamp() - age_seconds
    os.utime(path, (written, written))
    return path


def test_a_file_grows_old_and_is_written_again(tmp_path: Path) -> None:
    path = file_made(tmp_path / "backup.tar", 60)
    assert verdict(look_at("file_age", FRESH, path=str(path))) == ("ok", "ok")
    file_made(path, 7200)
    look = look_at("file_age", FRESH, path=str(path))
    assert verdict(look) == ("down", "condition_failed")
    assert look.measured == {"age_seconds": 7200.0, "size_bytes": 10}
    file_made(path, 1)
    assert look_at("file_age", FRESH, path=str(path)).state == "ok"


def test_the_newest_of_many_counts(tmp_path: Path) -> None:
    file_made(tmp_path / "a.tar", 9000, size=5)
    file_made(tmp_path / "b.tar", 60, size=7)
    file_made(tmp_path / "c.log", 1)
    look = look_at("file_age", FRESH, must("size_bytes", "==", 7), must("count", "==", 2), path=f"{tmp_path}/*.tar")
    assert verdict(look) == ("ok", "ok")


def test_a_missing_file_is_down(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path / "no" / "folder", tmp_path / "*.tar", tmp_path / "no" / "*.tar"):
        assert verdict(look_at("file_age", FRESH, path=str(path))) == ("down", "missing")


def test_a_file_that_must_not_be_there(tmp_path: Path) -> None:
    gone = must("exists", "==", False)
    path = tmp_path / "reboot-required"
    assert verdict(look_at("file_age", gone, path=str(path))) == ("ok", "ok")
    file_made(path, 5)
    assert verdict(look_at("file_age", gone, path=str(path))) == ("down", "condition_failed")


@pytest.mark.parametrize("name", ["file", "*"])
def test_what_may_not_be_read_is_unknown_and_not_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def refuse(path: str) -> os.stat_result:
        raise PermissionError(13, "Permission denied", path)

    # As root nothing on disk refuses, so the refusal of the operating system is played.
    monkeypatch.setattr(os, "stat" if name == "file" else "scandir", refuse)
    look = look_at("file_age", FRESH, path=f"{tmp_path}/{name}")
    monkeypatch.undo()
    assert verdict(look) == ("unknown", "permission")
    assert "Permission denied" in look.measured["error"]


def test_wildcards_in_a_folder_are_refused() -> None:
    assert probe_for("file_age").param_problems({"path": "/var/*/x"}) == ["path: wildcards are for the last part only"]
    assert probe_for("file_age").param_problems({"path": "/var/x/*.tar"}) == []


def test_a_file_system_that_hangs_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hangs = threading.Event()

    def stat(_path: str) -> os.stat_result:
        hangs.wait(20)
        raise FileNotFoundError

    monkeypatch.setattr(os, "stat", stat)
    look = look_at("file_age", FRESH, path=f"{tmp_path}/file", timeout_seconds=0.2)
    monkeypatch.undo()
    hangs.set()
    assert verdict(look) == ("unknown", "timeout")
