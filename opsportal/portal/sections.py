"""The parts of the portal that people go to, and the keys that take them there."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from opsportal.institutions.access import Permission


@dataclass(frozen=True, slots=True)
class Section:
    """One entry of the navigation. ``route`` is the name of its page, ``key`` follows ``g`` on the keyboard."""

    name: str
    label: Promise
    icon: str
    route: str
    permission: Permission
    key: str = ""
    in_institution: bool = True
    beside: str = ""  # pages of the section that live beside its own address, below the institution

    def url(self, slug: str) -> str:
        """Return the address of its page in the institution ``slug``."""
        return reverse(self.route, args=[slug] if self.in_institution else [])


SECTIONS = (
    Section("now", _("Now"), "activity", "portal:now", Permission.INSTITUTION_ENTER, "n"),
    Section("inbox", _("Inbox"), "inbox", "agents:inbox", Permission.OPS_READ, "i", beside="threads/"),
    Section("findings", _("Findings"), "alert-triangle", "findings:list", Permission.OPS_READ, "f"),
    Section(
        name="approvals",
        label=_("Approvals"),
        icon="user-check",
        route="remediation:approvals",
        permission=Permission.PROPOSAL_READ,
        key="p",
        beside="proposals/",
    ),
    Section("jobs", _("Jobs"), "list-check", "remediation:jobs", Permission.PROPOSAL_READ, "j"),
    Section("scenarios", _("Scenarios"), "radar", "scenarios:list", Permission.OPS_READ, "s"),
    Section("agents", _("Agents"), "robot", "agents:roster", Permission.OPS_READ, "a"),
    Section("contracts", _("Contracts"), "certificate", "remediation:contracts", Permission.CONTRACT_READ, "c"),
    Section("runtimes", _("Runtimes"), "server", "remediation:runtimes", Permission.RUNTIME_READ, "r"),
    Section("ledger", _("Ledger"), "book-2", "ledger:timeline", Permission.LEDGER_READ, "l"),
    Section("admin", _("Admin"), "adjustments", "admin:index", Permission.ADMIN_ACCESS, "", in_institution=False),
)
BAR = ("now", "inbox", "findings", "approvals")
"""What a narrow screen shows at the bottom; the rest is behind *More*."""


def sections_for(permissions: Collection[str]) -> list[Section]:
    """Return the sections that somebody with ``permissions`` may open."""
    return [section for section in SECTIONS if section.permission in permissions and _has_page(section)]


@cache
def _has_page(section: Section) -> bool:
    """Tell whether the installation has the page at all: an app may be left out."""
    try:
        section.url("any")
    except NoReverseMatch:
        return False
    return True
