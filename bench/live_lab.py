"""A person with a session, and a ledger to write to, for the suites on live updates."""

from dataclasses import dataclass
from importlib import import_module
from time import perf_counter
from uuid import UUID

PATH = "/ws/i/home/"


@dataclass(frozen=True, slots=True)
class Stage:
    """Whose ledger is written to, and the session of somebody who may listen."""

    institution_id: UUID
    cookie: str


def stage_set() -> Stage:
    """Make the first institution and person, and log them in."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from opsportal.institutions.models import Institution, User
    from opsportal.institutions.services import first_start

    first_start()
    user = User.objects.get(username="admin")
    User.objects.filter(pk=user.pk).update(must_change_password=False)
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return Stage(institution_id=Institution.objects.get(slug="home").pk, cookie=session.session_key)


def entry_commit(institution_id: UUID) -> tuple[int, float]:
    """Commit one entry; return its seq, and the moment before the transaction's last statement and its COMMIT."""
    from ledger.kinds import Kind
    from ledger.selectors import head
    from ledger.services import entry_record, unit
    from opsportal.core.actor import SYSTEM

    with unit(institution_id, SYSTEM):
        data = {"scenario": "bench.live", "is_enabled": True}
        entry_record(kind=Kind.SCENARIO_CHANGED, subject="scenario:bench.live", actor=SYSTEM, data=data)
        begun = perf_counter()
    return head(institution_id).seq, begun
