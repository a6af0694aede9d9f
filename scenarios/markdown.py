"""Runbooks as pages. HTML in them is shown as text: a registry cannot put anything into a page."""

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

_READER = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")


def markdown_html(text: str) -> SafeString:
    """Return ``text`` as HTML: CommonMark with tables; raw HTML is escaped and odd links are dropped."""
    return mark_safe(str(_READER.render(text)))  # noqa: S308  html is off: every tag is the renderer's own
