"""``files.suggest``: what could be cleaned up. It only says so."""

from collections import defaultdict

from ops_runtime.duplicates import Listing, duplicates_among
from ops_runtime.names import Name, name_json, name_parse
from ops_runtime.operations.base import Context, Operation, Param, Params, fitting
from ops_runtime.operations.files_scan import group_json
from ops_runtime.walk import Found, walk

CACHES = frozenset(
    {b"__pycache__", b".cache", b".pytest_cache", b".mypy_cache", b".ruff_cache", b".thumbnails", b".sass-cache"}
)
TEMPORARY_NAMES = frozenset({b".DS_Store", b"Thumbs.db", b"desktop.ini"})
TEMPORARY_ENDS = (b".tmp", b".temp", b".swp", b".swo", b"~", b".bak", b".part", b".crdownload")
_SHARE = 35_000


def look(context: Context, params: Params) -> dict[str, object]:
    """Return duplicates, temporary files, empty files and folders of caches; no file is counted twice."""
    start = name_parse(params.any("path"), allow_root=True)
    sorted_out = _SortedOut(start)
    for one in walk(context.root, start):
        sorted_out.take(one)
    scan = duplicates_among(context.root, sorted_out.listings(), min_size=1, limit=context.limits.hash_bytes)
    lists = {
        "duplicates": [group_json(one) for one in scan.groups],
        "temp_files": [{"path": name_json(one.name), "size": one.stat.st_size} for one in sorted_out.temporary],
        "empty_files": [{"path": name_json(name), "size": 0} for name in sorted_out.empty],
        "cache_dirs": [{"path": name_json(name), "size": size} for name, size in sorted_out.caches.items()],
    }
    kept = {kind: fitting(items, _SHARE) for kind, items in lists.items()}
    bytes_back = sum(one.wasted for one in scan.groups) + sum(sorted_out.caches.values())
    bytes_back += sum(one.stat.st_size for one in sorted_out.temporary)
    return {
        "path": name_json(start),
        "files_analyzed": sorted_out.files,
        "total_recoverable_bytes": bytes_back,
        "suggestions": kept,
        "summary": ", ".join(f"{len(items)} {kind}" for kind, items in lists.items()),
        "truncated": any(len(kept[kind]) < len(items) for kind, items in lists.items()),
    }


class _SortedOut:
    """Every file on one heap."""

    def __init__(self, start: Name) -> None:
        self._depth = len(start)
        self.files = 0
        self.temporary: list[Found] = []
        self.empty: list[Name] = []
        self.caches: dict[Name, int] = {}
        self._rest: dict[Name, list[tuple[str, int, int]]] = defaultdict(list)

    def take(self, one: Found) -> None:
        """Put one entry on its heap."""
        cache = self._cache(one.name if one.kind == "directory" else one.name[:-1])
        if cache is not None:
            self.caches.setdefault(cache, 0)
        if one.kind != "file":
            return
        self.files += 1
        leaf = one.name[-1]
        if cache is not None:
            self.caches[cache] += one.stat.st_size
        elif leaf in TEMPORARY_NAMES or leaf.endswith(TEMPORARY_ENDS):
            self.temporary.append(one)
        elif not one.stat.st_size:
            self.empty.append(one.name)
        else:
            entry = (
                leaf.decode(errors="surrogateescape"),
                one.stat.st_size,
                one.stat.st_ino if one.stat.st_nlink > 1 else 0,
            )
            self._rest[one.name[:-1]].append(entry)

    def listings(self) -> list[Listing]:
        """Return what may be duplicates."""
        return list(self._rest.items())

    def _cache(self, folder: Name) -> Name | None:
        for depth in range(self._depth, len(folder)):
            if folder[depth] in CACHES:
                return folder[: depth + 1]
        return None


SUGGEST = Operation("files.suggest", {"path": Param("path", ".")}, look=look)
