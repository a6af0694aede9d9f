"""Every address of the portal, as the resolver knows it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from opsportal.institutions.access import Door, Permission

NOBODY = UUID("00000000-0000-4000-8000-000000000000")
_PART = re.compile(r"<(?:(\w+):)?(\w+)>")


@dataclass(frozen=True)
class Route:
    """One address pattern, and who its view says may come in."""

    pattern: str
    door: Permission | Door | None
    methods: frozenset[str] | None

    def __str__(self) -> str:
        return f"/{self.pattern}"

    @property
    def parts(self) -> list[tuple[str, str]]:
        """The converter and the name of each variable part, without the slug of the institution."""
        found = [(match[1] or "str", match[2]) for match in _PART.finditer(self.pattern)]
        return [part for part in found if part != ("slug", "slug")]

    def address(self, slug: str, values: Mapping[str, object]) -> str:
        """Return the address with its parts filled in: by name, else by converter."""

        def part(match: re.Match[str]) -> str:
            if (match[1], match[2]) == ("slug", "slug"):
                return slug
            value = values.get(match[2], values.get(match[1] or "str"))
            return str(value)

        return "/" + _PART.sub(part, self.pattern)


def routes(prefix: str = "") -> list[Route]:
    """Return every route whose pattern begins with ``prefix``."""
    return [route for route in _walk(get_resolver().url_patterns, "") if route.pattern.startswith(prefix)]


def _walk(patterns: Iterable[URLPattern | URLResolver], before: str) -> Iterator[Route]:
    for pattern in patterns:
        text = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, text)
        else:
            view: Any = pattern.callback
            names = getattr(getattr(view, "cls", None), "http_method_names", None)
            methods = frozenset(name.upper() for name in names) - {"OPTIONS", "HEAD"} if names else None
            yield Route(text, getattr(view, "permission", None), methods)


def call(client: Client, method: str, address: str) -> Any:
    """Send a request as a page or program would, with an empty body."""
    if address.startswith("/api/"):
        return client.generic(method, address, b"" if method == "GET" else b"{}", "application/json")
    return client.get(address) if method == "GET" else client.post(address, {})


def body_of(answer: Any) -> str:
    """Return the whole body as text, also of a streamed answer."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return str(content.decode("utf-8", errors="replace"))
