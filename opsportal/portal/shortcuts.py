"""The keyboard shortcuts: one table, drawn as the help sheet, from which keys.js reads its bindings."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Shortcut:
    """One line of the sheet. ``keys`` are alternatives as ``KeyboardEvent.key`` spells them, with ``Shift+`` before."""

    keys: tuple[str, ...]
    action: str
    label: Promise


SHORTCUTS = (
    Shortcut(("j",), "down", _("Next row")),
    Shortcut(("k",), "up", _("Previous row")),
    Shortcut(("Enter", "o"), "open", _("Open")),
    Shortcut(("x",), "select", _("Select")),
    Shortcut(("Shift+x",), "range", _("Select up to here")),
    Shortcut(("a",), "ack", _("Acknowledge")),
    Shortcut(("r",), "reply", _("Reply")),
    Shortcut(("e",), "archive", _("Archive")),
    Shortcut(("/",), "search", _("Search")),
    Shortcut(("?",), "help", _("This list")),
)
