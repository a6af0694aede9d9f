"""What every whole page needs besides its own content."""

from dataclasses import dataclass
from functools import cached_property

from django.conf import settings
from django.http import HttpRequest

from agents.roster import inboxes_for
from agents.selectors import inbox_waiting
from opsportal.core.actor import Actor
from opsportal.institutions.access import Permission
from opsportal.institutions.models import Institution, User
from opsportal.institutions.selectors import Access
from opsportal.portal.sections import BAR, Section, sections_for
from opsportal.portal.shortcuts import SHORTCUTS, Shortcut


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the navigation, for this person on this page."""

    name: str
    label: str
    icon: str
    url: str
    key: str
    is_current: bool
    is_in_bar: bool


class Shell:
    """The frame of a page. Nothing is computed or read before a template asks for it.

    On a page of an institution ``waiting`` costs one query; everything else is on the request already.
    """

    shortcuts: tuple[Shortcut, ...] = SHORTCUTS

    def __init__(self, request: HttpRequest) -> None:
        """Note the institution, and where its ledger stood before the view ran: ``live_since`` resumes from there."""
        self.request = request
        self.institution: Institution | None = getattr(request, "institution", None)
        access = getattr(request, "access", None)
        self.live_since = access.head_seq if isinstance(access, Access) else None

    @property
    def theme(self) -> str:
        """``light``, ``dark``, or ``system`` (which strangers get)."""
        user = getattr(self.request, "user", None)
        return user.theme if isinstance(user, User) else User.Theme.SYSTEM

    @property
    def environment(self) -> str:
        """What this installation is, such as ``staging``; empty when it was not said."""
        return str(settings.ENVIRONMENT)

    @property
    def has_shortcuts(self) -> bool:
        """True unless the person switched single-key shortcuts off."""
        user = getattr(self.request, "user", None)
        return isinstance(user, User) and user.has_shortcuts

    @property
    def live_path(self) -> str:
        """Where the live socket of this institution is."""
        return f"/ws/i/{self.institution.slug}/" if self.institution else ""

    @cached_property
    def nav(self) -> list[NavItem]:
        """The sections that this person may open here; none outside an institution."""
        if self.institution is None:
            return []
        slug, path = self.institution.slug, self.request.path
        return [
            NavItem(
                name=section.name,
                label=str(section.label),
                icon=section.icon,
                url=(url := section.url(slug)),
                key=section.key,
                is_current=_is_here(path, section, url, f"/i/{slug}/"),
                is_in_bar=section.name in BAR,
            )
            for section in sections_for(getattr(self.request, "permissions", frozenset()))
        ]

    @cached_property
    def waiting(self) -> int | None:
        """How many messages wait for this person's roles; None where that is no question."""
        actor = getattr(self.request, "actor", None)
        if not isinstance(actor, Actor) or Permission.OPS_READ not in getattr(self.request, "permissions", ()):
            return None
        return inbox_waiting(inboxes_for(actor.roles))


def _is_here(path: str, section: Section, url: str, root: str) -> bool:
    """Tell whether ``path`` is the page of a section or one below it. Now is above all others: only itself."""
    if section.name == "now":
        return path == url
    return path.startswith(url) or (section.beside != "" and path.startswith(root + section.beside))


def shell(request: HttpRequest) -> dict[str, Shell]:
    """Give templates ``shell``."""
    return {"shell": Shell(request)}
