"""``{% load portal %}``: the parts that pages are made of. Each is described in docs/ui.md."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from opsportal.portal.evidence import EvidenceRow, evidence_rows
from opsportal.portal.icons import icon_svg
from opsportal.portal.pills import pill_of

register = template.Library()


@register.simple_tag
def icon(name: str, label: str = "", classes: str = "") -> SafeString:
    """Draw an icon: ``{% icon "inbox" %}``. Give a ``label`` only where no text stands beside it."""
    return icon_svg(name, str(label), classes)


@register.simple_tag
def status_pill(state: str, label: str = "") -> SafeString:
    """Draw a probe state, a status or a severity: ``{% status_pill finding.severity %}``."""
    pill = pill_of(str(state))
    return format_html(
        '<span class="pill tone-{}">{}{}</span>', pill.tone, icon_svg(pill.icon), str(label or pill.word)
    )


@register.simple_tag
def status_mark(state: str) -> SafeString:
    """Draw the same as an icon alone, for dense rows; its word is spoken, and shown on hovering."""
    pill = pill_of(str(state))
    word = str(pill.word)
    return format_html('<span class="mark tone-{}" title="{}">{}</span>', pill.tone, word, icon_svg(pill.icon, word))


@register.simple_tag
def when(moment: datetime | None, empty: str = "–") -> SafeString | str:
    """Write a moment: in the person's zone from the server, as a distance from now once the page runs."""
    if moment is None:
        return empty
    return format_html(
        '<time datetime="{}" data-when>{}</time>',
        moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        date_format(timezone.localtime(moment), "Y-m-d H:i:s"),
    )


@register.simple_tag
def copyable(value: object, shown: str = "") -> SafeString:
    """Write an id or hash that one click copies; ``shown`` may be a shorter form of it."""
    return format_html(
        '<button type="button" class="copyable" data-copy="{0}" data-copied="{2}" title="{0}">'
        "<code>{1}</code>{3}</button>",
        str(value),
        shown or str(value),
        _("Copied"),
        icon_svg("copy", _("Copy")),
    )


@register.simple_tag
def bundle(name: str) -> str:
    """Return the address of a bundle: ``{% bundle "portal.css" %}``."""
    return static(f"bundles/{name}")


@register.filter
def states_said(runs: Iterable[Any]) -> str:
    """Say what a strip of results shows: ``OK 28, Down 2``."""
    counts = Counter(str(run.state) for run in runs)
    return ", ".join(f"{pill_of(state).word} {count}" for state, count in counts.most_common())


@register.filter
def state_word(state: str) -> str:
    """Return the word of a state in the language of the page."""
    return str(pill_of(str(state)).word)


@register.filter
def evidence_of(look: Any) -> list[EvidenceRow]:
    """Return the rows of one piece of evidence: a mapping (or object) with ``measured`` and ``expected``."""
    if isinstance(look, dict):
        return evidence_rows(look.get("measured"), look.get("expected"))
    return evidence_rows(look.measured, look.expected)


@register.filter
def styled(field: BoundField) -> SafeString:
    """Draw the input of a form field in our look, tied to its hint and its errors."""
    attrs: dict[str, str | bool] = {"class": f"{_input_class(field)}{' is-invalid' if field.errors else ''}"}
    if field.field.widget.attrs.get("placeholder") == field.label:
        attrs["placeholder"] = False  # the label stands above it already
    described = [f"{field.auto_id}-{part}" for part, is_there in _descriptions(field) if is_there]
    if described:
        attrs["aria-describedby"] = " ".join(described)
    return field.as_widget(attrs=attrs)


def _input_class(field: BoundField) -> str:
    match field.field.widget:
        case RadioSelect() | CheckboxSelectMultiple() | CheckboxInput():
            return "form-check-input"
        case Select():
            return "form-select"
    return "form-control"


def _descriptions(field: BoundField) -> list[tuple[str, bool]]:
    return [("hint", bool(field.help_text)), ("error", bool(field.errors))]


@register.filter
def is_check(field: BoundField) -> bool:
    """Return True for a single checkbox, whose label stands after it."""
    return isinstance(field.field.widget, CheckboxInput)
