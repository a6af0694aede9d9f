"""Keyset pages: every page costs the same, however deep, and no row is skipped or shown twice.

A cursor holds the sort key of the row at an edge. It is sealed (AES-SIV under a key drawn from
SECRET_KEY, bound to the list it came from): it cannot be made up, and it does not tell row numbers,
which would tell one institution how busy the others are.
"""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Generic, Protocol, TypedDict, TypeVar
from urllib.parse import urlencode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from opsportal.core.errors import InvalidError, UnparsableError

SIZE, SIZE_MAX = 50, 200
M = TypeVar("M", bound=Model)
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """Some rows in order; ``next`` and ``previous`` are cursors, None where the list ends."""

    items: list[R]
    next: str | None
    previous: str | None


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list, and whether to read towards its beginning from there."""

    values: list[Any]
    is_backward: bool


def page_read(queryset: QuerySet[M], *, order: Sequence[str] = ("-id",), cursor: str = "", size: int = SIZE) -> Page[M]:
    """Return the page of ``queryset`` that ``cursor`` points at; the first one when it is empty.

    ``order`` names columns of the model, none of them null, the last one unique; ``-`` is descending.
    One query, one row more than ``size``. Raises UnparsableError on a cursor that is not of this list.
    """
    label = f"{queryset.model._meta.label}:{','.join(order)}"
    at = _cursor_read(queryset.model, order, cursor, label) if cursor else None
    is_backward = at is not None and at.is_backward
    columns = [_reversed(column) for column in order] if is_backward else list(order)
    rows = queryset.filter(_beyond(columns, at.values)) if at else queryset
    return _page_made(list(rows.order_by(*columns)[: size + 1]), at, order, label, size)


class Fetch(Protocol[M]):
    """Reads rows by falling id below ``beyond``, or by rising id above it when going back."""

    def __call__(self, *, beyond: int | None, is_backward: bool, limit: int) -> list[M]:
        """Return at most ``limit`` rows."""
        ...


def page_fetch(fetch: Fetch[M], *, model: type[M], label: str, cursor: str = "", size: int = SIZE) -> Page[M]:
    """Return a page, newest first by id, of a list that is more than one queryset; ``label`` names the list.

    Raises UnparsableError on a cursor that is not of this list.
    """
    order = ("-id",)
    at = _cursor_read(model, order, cursor, label) if cursor else None
    is_backward = at is not None and at.is_backward
    found = fetch(beyond=at.values[0] if at else None, is_backward=is_backward, limit=size + 1)
    return _page_made(found, at, order, label, size)


def _page_made(found: list[M], at: Cursor | None, order: Sequence[str], label: str, size: int) -> Page[M]:
    is_backward = at is not None and at.is_backward
    is_more, items = len(found) > size, found[:size]
    if is_backward:
        items.reverse()
    has_next, has_previous = (True, is_more) if is_backward else (is_more, at is not None)
    return Page(
        items=items,
        next=_cursor_of(items[-1], order, label, is_backward=False) if items and has_next else None,
        previous=_cursor_of(items[0], order, label, is_backward=True) if items and has_previous else None,
    )


def page_of_request(request: HttpRequest, queryset: QuerySet[M], *, order: Sequence[str] = ("-id",)) -> Page[M]:
    """Return the page that ``?cursor=`` and ``?limit=`` (1 to 200, else 50) ask for.

    Raises UnparsableError on a bad cursor and InvalidError on a bad limit.
    """
    return page_read(queryset, order=order, **page_wanted(request))


class Wanted(TypedDict):
    """Which page a request asks for."""

    cursor: str
    size: int


def page_wanted(request: HttpRequest) -> Wanted:
    """Return ``?cursor=`` and ``?limit=`` (1 to 200, else 50); raise InvalidError on a bad limit."""
    raw = request.GET.get("limit", str(SIZE))
    if not (raw.isascii() and raw.isdigit() and 1 <= int(raw[:6]) <= SIZE_MAX):
        message = f"must be a whole number from 1 to {SIZE_MAX}"
        raise InvalidError(f"limit {message}", errors={"limit": [message]})
    return Wanted(cursor=request.GET.get("cursor", ""), size=int(raw))


def page_url(request: HttpRequest, cursor: str | None) -> str | None:
    """Return the address of this request with another cursor; its filters stay."""
    if cursor is None:
        return None
    kept = [(name, value) for name, values in request.GET.lists() if name != "cursor" for value in values]
    return request.build_absolute_uri(f"{request.path}?{urlencode([*kept, ('cursor', cursor)])}")


def _reversed(column: str) -> str:
    return column.removeprefix("-") if column.startswith("-") else f"-{column}"


def _beyond(columns: Sequence[str], values: Sequence[object]) -> Q:
    """Rows after ``values``: (a > x) or (a = x and b > y) …, with a >= x first so that an index can start there."""
    wanted, equal = Q(), Q()
    for column, value in zip(columns, values, strict=True):
        name, operator = (column[1:], "lt") if column.startswith("-") else (column, "gt")
        wanted |= equal & Q((f"{name}__{operator}", value))
        equal &= Q((name, value))
    if len(columns) == 1:
        return wanted
    first = columns[0]
    bound = f"{first[1:]}__lte" if first.startswith("-") else f"{first}__gte"
    return Q((bound, values[0])) & wanted


@cache
def _cipher(secret: str) -> AESSIV:
    return AESSIV(salted_hmac("opsportal.core.pages", b"cursor", secret=secret, algorithm="sha512").digest())


def cursor_seal(values: Sequence[object], label: str, *, is_backward: bool) -> str:
    """Return a place in the list ``label`` as a text that can be neither made up nor read."""
    texts = [value.isoformat() if isinstance(value, datetime) else str(value) for value in values]
    plain = json.dumps([is_backward, *texts], separators=(",", ":")).encode()
    sealed = _cipher(settings.SECRET_KEY).encrypt(plain, [label.encode()])
    return urlsafe_b64encode(sealed).decode().rstrip("=")


def cursor_open(text: str, label: str) -> Cursor:
    """Return the place that ``text`` holds, its values as texts; raise UnparsableError if it is not of this list."""
    try:
        sealed = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        plain = _cipher(settings.SECRET_KEY).decrypt(sealed, [label.encode()])
    except (InvalidTag, UnicodeEncodeError, binascii.Error, ValueError):
        raise UnparsableError("The cursor is not one of this list.", code="CURSOR_INVALID") from None
    is_backward, *texts = json.loads(plain)
    return Cursor(values=texts, is_backward=is_backward)


def _cursor_of(row: Model, order: Sequence[str], label: str, *, is_backward: bool) -> str:
    return cursor_seal([getattr(row, column.removeprefix("-")) for column in order], label, is_backward=is_backward)


def _cursor_read(model: type[Model], order: Sequence[str], text: str, label: str) -> Cursor:
    opened = cursor_open(text, label)
    values = [
        model._meta.get_field(column.removeprefix("-")).to_python(value)  # type: ignore[union-attr]  # a column
        for column, value in zip(order, opened.values, strict=True)
    ]
    return Cursor(values=values, is_backward=opened.is_backward)
