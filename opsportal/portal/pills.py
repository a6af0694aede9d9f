"""How states look: a word, a shape and a colour, so that nobody depends on the colour alone."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


@dataclass(frozen=True, slots=True)
class Pill:
    """The look of one state. ``tone`` is one of good, warn, bad, worst, calm, off: classes of parts.css."""

    word: Promise | str
    icon: str
    tone: str


PILLS: dict[str, Pill] = {
    # what a probe saw
    "ok": Pill(_("OK"), "circle-check", "good"),
    "degraded": Pill(_("Degraded"), "alert-triangle", "warn"),
    "down": Pill(_("Down"), "circle-x", "bad"),
    "unknown": Pill(_("Unknown"), "help-octagon", "off"),
    "not_configured": Pill(_("Not configured"), "plug-connected-x", "off"),
    "disabled": Pill(_("Disabled"), "player-pause", "off"),
    # findings and threads
    "open": Pill(pgettext_lazy("state", "Open"), "alert-circle", "bad"),
    "acked": Pill(_("Acknowledged"), "eye-check", "calm"),
    "resolved": Pill(_("Resolved"), "checks", "good"),
    "closed": Pill(_("Closed"), "lock", "off"),
    # severities
    "info": Pill(_("Info"), "info-square-rounded", "off"),
    "low": Pill(_("Low"), "arrow-down", "calm"),
    "medium": Pill(_("Medium"), "square-rotated", "warn"),
    "high": Pill(_("High"), "alert-triangle", "bad"),
    "critical": Pill(_("Critical"), "alert-octagon", "worst"),
    # ticks
    "running": Pill(_("Running"), "loader-2", "calm"),
    "completed": Pill(_("Completed"), "check", "good"),
    "crashed": Pill(_("Crashed"), "bolt", "bad"),
    # messages
    "waiting": Pill(_("Waiting"), "hourglass", "warn"),
    "done": Pill(_("Done"), "archive", "good"),
}


def pill_of(state: str) -> Pill:
    """Return how ``state`` looks; a state nobody described shows its own word, in no colour."""
    return PILLS.get(state) or Pill(state.replace("_", " "), "point", "off")
