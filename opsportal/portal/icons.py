"""Icons, drawn into the page: no request, no font, and they take the colour of the text."""

import json
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe


@cache
def shapes() -> dict[str, str]:
    """Return the vendored shapes by icon name."""
    path = Path(settings.BASE_DIR) / "static" / "vendor" / "icons" / "icons.json"
    loaded: dict[str, str] = json.loads(path.read_text())
    return loaded


@cache
def icon_svg(name: str, label: str = "", classes: str = "") -> SafeString:
    """Return the icon ``name`` as an svg element; with a ``label`` it speaks, else it is decoration.

    Raises KeyError for a name that opsportal/portal/vendoring/vendor.toml does not list.
    """
    said = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon{}" width="20" height="20" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
        'stroke-width="2" stroke-linecap="round" stroke-linejoin="round" {}>{}</svg>',
        f" {classes}" if classes else "",
        said,
        mark_safe(shapes()[name]),  # noqa: S308  vendored, and locked by digest
    )
