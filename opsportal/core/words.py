"""Words that are data: the same text in each language, as ``{"en": …, "pt-br": …}``."""

from collections.abc import Mapping

from django.utils.translation import get_language


def spoken(words: Mapping[str, str]) -> str:
    """Return the text in the reader's language, else in English, else nothing."""
    return words.get(get_language() or "en") or words.get("en", "")
