"""What a socket asks the database: may this person listen, and what has happened since."""

from dataclasses import dataclass
from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

from ledger.models import Entry
from ledger.selectors import head
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Permission
from opsportal.institutions.models import User
from opsportal.institutions.selectors import access_find
from opsportal.portal.live.batch import Event

NOT_LOGGED_IN, NOT_THERE = 4401, 4404


@dataclass(frozen=True, slots=True)
class Listener:
    """A person who may listen to an institution, and what they may be told."""

    institution_id: UUID
    member: str
    permissions: frozenset[str]


class RefusedToListenError(Exception):
    """Close the socket with ``code`` and say nothing."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def listener_admit(session_key: str | None, slug: str) -> Listener:
    """Return who listens: the session still stands and its user is a member of the institution at ``slug``.

    Raises RefusedToListenError: 4401 when nobody is logged in, 4404 for everything else.
    """
    user = _user_of(session_key)
    if user is None:
        raise RefusedToListenError(NOT_LOGGED_IN)
    access = access_find(user, slug=slug)
    if access is None or Permission.INSTITUTION_ENTER not in access.permissions:
        raise RefusedToListenError(NOT_THERE)
    return Listener(
        institution_id=access.institution.pk,
        member=f"member:{access.member.code}",
        permissions=frozenset(map(str, access.permissions)),
    )


def _user_of(session_key: str | None) -> User | None:
    """Return whose session it is, checked anew: expiry, password, and that the person is active."""
    if not session_key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    return user if user.is_authenticated and user.is_active else None


def events_since(institution_id: UUID, seq: int, limit: int) -> tuple[int, list[Event]]:
    """Return where the ledger stands, and at most ``limit`` events after ``seq``."""
    stands = head(institution_id).seq
    with institution_scope(institution_id):
        rows = Entry.objects.filter(seq__gt=seq).order_by("seq").values_list("seq", "kind", "subject")[:limit]
        return stands, list(map(Event._make, rows))
