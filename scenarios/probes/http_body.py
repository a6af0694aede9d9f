"""Make text and JSON of a body that a stranger sent: bounded, and never raising."""

import json
import re
import zlib
from collections.abc import Mapping
from typing import Any

import jsonpath

from scenarios.probes.conditions import ABSENT

GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
# Only real charsets: Python knows "codecs" (punycode, idna) whose time grows with the square of the text.
CHARSETS = re.compile(
    r"utf-?(8|16|32)(-?[lb]e)?|(us-)?ascii|iso-8859-(1[0-6]?|[2-9])|latin-?1|windows-125[0-8]|cp125[0-8]|koi8-[ru]"
    r"|shift_jis|euc-(jp|kr)|gb(k|2312|18030)|big5"
)
Paths = Mapping[str, jsonpath.JSONPath | jsonpath.CompoundJSONPath]


def body_decoded(content: bytes, coding: str, *, limit: int) -> bytes | None:
    """The body without its content coding. None when we cannot undo it, or when it would exceed ``limit`` bytes.

    We ask for no coding; some servers compress all the same.
    """
    match coding.strip().lower():
        case "" | "identity":
            return content
        case "gzip" | "x-gzip":
            return _inflated(content, GZIP_OR_ZLIB, limit)
        case "deflate":
            zlib_made = _inflated(content, GZIP_OR_ZLIB, limit)
            return zlib_made if zlib_made is not None else _inflated(content, -zlib.MAX_WBITS, limit)
    return None


def _inflated(content: bytes, window: int, limit: int) -> bytes | None:
    inflater = zlib.decompressobj(window)
    try:
        whole = inflater.decompress(content, limit)
    except zlib.error:
        return None
    return whole if inflater.eof else None


def body_text(content: bytes, content_type: str) -> str:
    """The body as text, by the charset it claims, else UTF-8; what does not fit becomes a replacement character."""
    charset = content_type.lower().partition("charset=")[2].partition(";")[0].strip(" \"'")
    return content.decode(charset if CHARSETS.fullmatch(charset) else "utf-8", "replace")


def body_json(content: bytes, paths: Paths) -> dict[str, Any]:
    """What each path finds, under the name of its measure. Empty when the body is not JSON."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    found: dict[str, Any] = {}
    for measure, path in paths.items():
        try:
            values = path.findall(document)
        except (jsonpath.JSONPathError, RecursionError):
            continue
        if measure.startswith("json_count:"):
            found[measure] = len(values)
        else:
            found[measure] = ABSENT if not values else values[0] if len(values) == 1 else values
    return found
