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
    # risk classes
    "R0": Pill(_("R0 looks"), "eye", "off"),
    "R1": Pill(_("R1 reversible"), "rotate-clockwise", "calm"),
    "R2": Pill(_("R2 changes"), "alert-triangle", "warn"),
    "R3": Pill(_("R3 destructive"), "alert-octagon", "worst"),
    # proposals and approvals
    "requested": Pill(_("Asked for"), "circle-dashed", "calm"),
    "pending_approval": Pill(_("Waits for approval"), "hourglass", "warn"),
    "pending": Pill(_("Waits for votes"), "hourglass", "warn"),
    "approved": Pill(_("Approved"), "user-check", "good"),
    "rejected": Pill(_("Rejected"), "circle-x", "bad"),
    "denied": Pill(_("Denied by the rules"), "shield-lock", "bad"),
    "stale": Pill(_("Stale"), "history", "off"),
    "withdrawn": Pill(_("Withdrawn"), "arrow-back-up", "off"),
    "canceled": Pill(_("Void"), "minus", "off"),
    "approve": Pill(_("Agreed"), "check", "good"),
    "reject": Pill(_("Refused"), "x", "bad"),
    # what the engine and its gates said
    "allowed": Pill(_("Allowed"), "circle-check", "good"),
    "needs_approval": Pill(_("Needs approval"), "users-group", "warn"),
    "passed": Pill(_("Passed"), "check", "good"),
    # jobs
    "enqueued": Pill(_("Queued"), "clock-pause", "calm"),
    "leased": Pill(_("Taken"), "server", "calm"),
    "executed": Pill(_("Executed"), "checks", "good"),
    "failed": Pill(_("Failed"), "alert-square-rounded", "bad"),
    "outcome_unknown": Pill(_("Outcome unknown"), "help-octagon", "worst"),
    "cancelled": Pill(_("Cancelled"), "x", "off"),
    "expired": Pill(_("Expired"), "clock", "off"),
    "execute": Pill(_("Execution"), "player-play", "calm"),
    "dry_run": Pill(_("Dry-run"), "eye", "off"),
    # what the probe saw afterwards
    "verified": Pill(_("Verified"), "shield-check", "good"),
    "ineffective": Pill(_("Ineffective"), "minus", "warn"),
    "regressed": Pill(_("Helped for a while"), "arrow-down", "bad"),
    # contracts and runtimes
    "active": Pill(_("In force"), "circle-check", "good"),
    "retired": Pill(_("Retired"), "archive", "off"),
    "online": Pill(_("Online"), "heartbeat", "good"),
    "offline": Pill(_("Offline"), "wifi-off", "bad"),
    "never": Pill(_("Not enrolled yet"), "circle-dashed", "off"),
    "lapsed": Pill(_("Token lapsed"), "clock", "warn"),
    "revoked": Pill(_("Revoked"), "lock", "off"),
}


def pill_of(state: str) -> Pill:
    """Return how ``state`` looks; a state nobody described shows its own word, in no colour."""
    return PILLS.get(state) or Pill(state.replace("_", " "), "point", "off")
