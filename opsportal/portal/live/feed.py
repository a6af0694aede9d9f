"""What a socket asks the database: may this person listen, and what has happened since."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from ledger.models import Entry
from ledger.selectors import head
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Permission
from opsportal.institutions.models import User
from opsportal.institutions.selectors import access_find
from opsportal.portal.live.batch import Event

NOT_LOGGED_IN, NOT_THERE = 4401, 4404
IDS_AT_ONCE = 500

Grounds = int | None


@dataclass(frozen=True, slots=True)
class Listener:
    """A person who may listen to an institution, and what they may be told.

    ``grounds`` is what the admission rested on besides the membership; see ``grounds_now``.
    """

    session_key: str
    user_id: int
    grounds: Grounds
    institution_id: UUID
    member: str
    permissions: frozenset[str]


class RefusedToListenError(Exception):
    """Close the socket with ``code`` and say nothing."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def listener_admit(session_key: str, slug: str) -> Listener:
    """Return who listens: the session still stands and its user is a member of the institution at ``slug``.

    Raises RefusedToListenError: 4401 when nobody is logged in, 4404 for everything else.
    """
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    if not user.is_authenticated or not user.is_active:
        raise RefusedToListenError(NOT_LOGGED_IN)
    access = access_find(user, slug=slug)
    if access is None or Permission.INSTITUTION_ENTER not in access.permissions:
        raise RefusedToListenError(NOT_THERE)
    return Listener(
        session_key=session_key,
        user_id=user.pk,
        grounds=grounds_now([(session_key, user.pk)]).get((session_key, user.pk)),
        institution_id=access.institution.pk,
        member=f"member:{access.member.code}",
        permissions=frozenset(map(str, access.permissions)),
    )


def grounds_now(listeners: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Grounds]:
    """Return what the admission of listeners (session key, user id) would rest on now, as a hash, in few queries.

    As long as it is what it was, so is the answer: the session has not ended, nobody logged in
    over it, the password is the same and the person active. Gone when one of the two is gone.
    """
    wanted = list(listeners)
    sessions: dict[str, str] = {}
    passwords: dict[int, str] = {}
    for start in range(0, len(wanted), IDS_AT_ONCE):
        keys, ids = zip(*wanted[start : start + IDS_AT_ONCE], strict=True)
        alive = Session.objects.filter(session_key__in=set(keys), expire_date__gt=timezone.now())
        sessions.update(alive.values_list("session_key", "session_data"))
        passwords.update(User.objects.filter(pk__in=set(ids), is_active=True).values_list("pk", "password"))
    return {
        (key, user_id): hash((sessions[key], passwords[user_id]))
        for key, user_id in wanted
        if key in sessions and user_id in passwords
    }


def events_since(institution_id: UUID, seq: int, limit: int) -> tuple[int, list[Event]]:
    """Return where the ledger stands, and at most ``limit`` events after ``seq``."""
    stands = head(institution_id).seq
    with institution_scope(institution_id):
        rows = Entry.objects.filter(seq__gt=seq).order_by("seq").values_list("seq", "kind", "subject")[:limit]
        return stands, list(map(Event._make, rows))
