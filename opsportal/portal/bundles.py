"""Few requests without a build step: the stylesheets and scripts of a page, joined when Django looks for them.

The sources stay small and separate in ``static/``. Each script is wrapped in a block, so that its names are
its own; scripts do not import each other, they meet in the document (events and data attributes).
"""

import gzip
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage, Storage

BUNDLES = {
    "bundles/portal.css": (
        "vendor/tabler/tabler.css",
        "opsportal/portal.css",
        "opsportal/parts.css",
        "opsportal/inbox.css",
        "opsportal/pages.css",
    ),
    "bundles/portal.js": (
        "opsportal/shell.js",
        "opsportal/rows.js",
        "opsportal/keys.js",
        "opsportal/live.js",
        "opsportal/time.js",
        "opsportal/copy.js",
        "opsportal/lists.js",
    ),
    "bundles/htmx.js": ("vendor/htmx/htmx.min.js",),
    "bundles/chart.js": ("vendor/uplot/uplot.js", "opsportal/chart.js"),
    "bundles/chart.css": ("vendor/uplot/uplot.css",),
    "bundles/governance.css": ("opsportal/governance.css",),
}
# Notes that begin a line: nothing else is touched, so a `//` within a line or a string stays.
_STYLE_NOTE = re.compile(r"^/\*.*?\*/\n", re.DOTALL | re.MULTILINE)
_SCRIPT_NOTE = re.compile(r"^[ ]*//[^\n]*\n", re.MULTILINE)
PAGE = ("bundles/portal.css", "bundles/htmx.js", "bundles/portal.js")
"""What templates/base.html asks for: all that a page costs besides its own HTML."""


def bundle_read(name: str) -> bytes:
    """Return the content of a bundle, made from its sources; KeyError for an unknown name."""
    parts = [(source, _text(source)) for source in BUNDLES[name]]
    wrap = name.endswith(".js") and any(not source.startswith("vendor/") for source, _ in parts)
    return "".join(
        f"{{ // {source}\n{text}\n}}\n" if wrap and not source.startswith("vendor/") else text + "\n"
        for source, text in parts
    ).encode()


def _text(source: str) -> str:
    """Return a source as browsers need it: what we wrote loses its comments, which are a tenth of it, compressed."""
    text = (_sources() / source).read_text()
    if source.startswith("vendor/"):
        return text
    return _STYLE_NOTE.sub("", text) if source.endswith(".css") else _SCRIPT_NOTE.sub("", text)


class BundleFinder(BaseFinder):
    """Offers the bundles, each beside a compressed copy, to ``collectstatic`` and to WhiteNoise.

    They are written below the data folder, and again when a source has changed.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.storage = FileSystemStorage(location=settings.DATA_DIR / "bundles")

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """Return where the bundle ``path`` is, freshly made; an empty list when it is none of ours."""
        if path not in BUNDLES:
            return []
        self._make(path)
        found = self.storage.path(path)
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        """Yield every bundle, and its compressed copy where nobody else compresses."""
        for path in BUNDLES:
            self._make(path)
            yield path, self.storage
            if settings.WHITENOISE_USE_FINDERS:
                yield f"{path}.gz", self.storage

    def _make(self, path: str) -> None:
        target, content = Path(self.storage.path(path)), bundle_read(path)
        packed = target.with_name(f"{target.name}.gz")
        if packed.exists() and target.exists() and target.read_bytes() == content:
            return  # an unchanged file keeps its time, and browsers their copy
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(packed, gzip.compress(content, 9, mtime=0))
        _replace(target, content)


def _replace(target: Path, content: bytes) -> None:
    """Write in one step: several processes may be starting."""
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(target)


def _sources() -> Path:
    return Path(settings.BASE_DIR) / "static"
