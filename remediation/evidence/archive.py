"""A zip that is the same bytes for the same files, made piece by piece."""

import zipfile
from collections.abc import Iterator, Mapping

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can name


class _Sink:
    """Takes what the zip writes, so that it can be handed on at once."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        """Keep a piece."""
        self.pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: there is nothing below."""

    def close(self) -> None:
        """Do nothing: what is kept is still to be taken."""

    def taken(self) -> bytes:
        """Return what came since the last call."""
        taken, self.pieces = b"".join(self.pieces), []
        return taken


def zip_stream(files: Mapping[str, bytes]) -> Iterator[bytes]:
    """Yield a zip of ``files`` in the order of their names, all of one and the same time."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            archive.writestr(info, files[name])
            yield sink.taken()
    yield sink.taken()
