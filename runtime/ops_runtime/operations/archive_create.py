"""``archive.create``: pack files into a .zip or a .tar.gz. The same files make the same bytes, whenever and by whomever."""

import gzip
import hashlib
import io
import os
import stat
import tarfile
import time
import zipfile
from typing import BinaryIO, cast

from ops_runtime.changes import Planner, Preview, links_require
from ops_runtime.errors import FailedError, RefusedError
from ops_runtime.names import Name, is_inside, name_json, name_parse, name_show
from ops_runtime.operations.base import Context, Operation, Param, Params
from ops_runtime.root import Guard
from ops_runtime.walk import Found, kind_of, walk

ZIP_FIRST, ZIP_LAST = 315_532_800, 4_354_819_198  # what the format can say: 1980 to 2107
ENDS = (b".zip", b".tar.gz")


def preview(context: Context, params: Params) -> Preview:
    """Preview a new archive; every packed file is a precondition, as long as the items of one job allow."""
    target = name_parse(params.any("target"))
    if not target[-1].endswith(ENDS):
        raise RefusedError("PARAMS_INVALID", "The target of an archive ends in .zip or .tar.gz.")
    members = _members(context, [name_parse(given) for given in params.list("paths")])
    if any(is_inside(target, one.name) or is_inside(one.name, target) for one in members):
        raise RefusedError("PARAMS_INVALID", "The archive cannot lie in what it packs.")
    planner = Planner(context.root, context.limits)
    for one in members:
        if one.kind == "file":
            planner.file(one.name)
        else:
            planner.folder(one.name)
    planner.create(target, lambda fd: _pack(context, target, members, fd))
    return planner.preview


def _members(context: Context, paths: list[Name]) -> list[Found]:
    found: dict[Name, Found] = {}
    for path in paths:
        status = context.root.find(path)
        if status is None:
            raise FailedError("PATH_MISSING", f"{name_show(path)} is not there.")
        top = Found(path, kind_of(status.st_mode), status)
        below = list(walk(context.root, path)) if top.kind == "directory" else []
        found |= {one.name: one for one in (top, *below)}
    members = [found[name] for name in sorted(found)]
    if len(members) > context.limits.items:
        raise RefusedError("LIMIT_EXCEEDED", f"More than {context.limits.items} files in one archive.")
    if sum(one.stat.st_size for one in members if one.kind == "file") > context.limits.archive_bytes:
        raise RefusedError("LIMIT_EXCEEDED", "The files are larger than this machine packs.")
    for one in members:
        if one.kind not in {"file", "directory"}:
            raise RefusedError("NOT_REGULAR", f"{name_show(one.name)} is not a regular file.")
    return members


def _pack(context: Context, target: Name, members: list[Found], fd: int) -> dict[str, object]:
    with os.fdopen(os.dup(fd), "w+b") as out:
        if target[-1].endswith(b".zip"):
            _zip(context, members, out)
        else:
            _tar(context, members, out)
        out.flush()
        size = out.tell()
        out.seek(0)
        sha256 = hashlib.file_digest(out, "sha256").hexdigest()
    files = sum(one.kind == "file" for one in members)
    return {"target": name_json(target), "size": size, "sha256": sha256, "files": files}


def _zip(context: Context, members: list[Found], out: BinaryIO) -> None:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for one in members:
            at = min(max(int(one.stat.st_mtime), ZIP_FIRST), ZIP_LAST)
            is_folder = one.kind == "directory"
            name = b"/".join(one.name).decode(errors="backslashreplace") + ("/" if is_folder else "")
            info = zipfile.ZipInfo(name, time.gmtime(at)[:6])
            info.create_system = 3
            info.compress_type = zipfile.ZIP_STORED if is_folder else zipfile.ZIP_DEFLATED
            info.external_attr = (_mode(one) | one.stat.st_mode & stat.S_IFMT(0o177777)) << 16
            info.file_size = 0 if is_folder else one.stat.st_size
            with archive.open(info, "w") as member:
                if not is_folder:
                    _copy(context, one, cast(BinaryIO, member))
            context.say(f"packed {name_show(one.name)}\n")


def _tar(context: Context, members: list[Found], out: BinaryIO) -> None:
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0, compresslevel=6) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for one in members:
            info = tarfile.TarInfo(b"/".join(one.name).decode(errors="surrogateescape"))
            info.type = tarfile.DIRTYPE if one.kind == "directory" else tarfile.REGTYPE
            info.mode, info.mtime = _mode(one), int(one.stat.st_mtime)
            info.size = one.stat.st_size if one.kind == "file" else 0
            body = io.BytesIO()
            if one.kind == "file":
                with context.root.file(one.name) as (fd, found):
                    _same_require(context, one, found)
                    with os.fdopen(os.dup(fd), "rb") as source:
                        archive.addfile(info, source)
                    _still_require(one, os.fstat(fd))
            else:
                archive.addfile(info, body)
            context.say(f"packed {name_show(one.name)}\n")


def _copy(context: Context, one: Found, out: BinaryIO) -> None:
    with context.root.file(one.name) as (fd, found):
        _same_require(context, one, found)
        while piece := os.read(fd, 1024 * 1024):
            out.write(piece)
        _still_require(one, os.fstat(fd))


def _same_require(context: Context, one: Found, found: os.stat_result) -> None:
    links_require(one.name, found, context.limits)
    _still_require(one, found)


def _still_require(one: Found, found: os.stat_result) -> None:
    if Guard.of(one.stat) != Guard.of(found):
        raise FailedError("PLAN_STALE", f"{name_show(one.name)} is not what it was a moment ago.")


def _mode(one: Found) -> int:
    return 0o755 if one.kind == "directory" or one.stat.st_mode & stat.S_IXUSR else 0o644


CREATE = Operation("archive.create", {"paths": Param("list"), "target": Param("path")}, preview=preview)
