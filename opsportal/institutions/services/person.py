"""People: they belong to the installation, so what happens to them stands in its own ledger."""

import secrets
import string

from django.core.exceptions import ValidationError

from ledger.kinds import Kind
from ledger.services import entry_record, unit
from opsportal.core.actor import Actor, ActorKind
from opsportal.core.errors import ConflictError, InvalidError, RefusedError
from opsportal.institutions.access import require_installation
from opsportal.institutions.models import User
from opsportal.institutions.selectors import system_institution_id

# No 0 O 1 l I: it is read from a terminal and typed.
_READABLE = "".join(letter for letter in string.ascii_letters + string.digits if letter not in "0O1lI")
_ONE_TIME_LENGTH = 20  # 116 bits


def user_create(*, username: str, actor: Actor, email: str = "", is_superuser: bool = False) -> tuple[User, str]:
    """Make a person; return them with a password that is good for one login.

    Raises RefusedError unless ``actor`` acts for the installation, InvalidError on a bad user name,
    ConflictError when it is taken.
    """
    require_installation(actor)
    username = User.normalize_username(username.strip())
    user = User(username=username, email=User.objects.normalize_email(email.strip()), is_superuser=is_superuser)
    user.is_staff = is_superuser
    password = _one_time_password()
    user.set_password(password)
    user.must_change_password = True
    with unit(system_institution_id(), actor):
        if User.objects.filter(username__iexact=username).exists():
            raise ConflictError(f"There is already a person called {username!r}.", code="USERNAME_TAKEN")
        _columns_check(user)
        user.save(force_insert=True)
        entry_record(
            kind=Kind.USER_CREATED,
            subject=user,
            actor=actor,
            data={"is_superuser": is_superuser},
            private={"username": username, "email": user.email},
        )
    return user, password


def password_issue(*, user: User, actor: Actor) -> str:
    """Give ``user`` a new password that is good for one login, and return it; their sessions end.

    Raises RefusedError unless ``actor`` acts for the installation.
    """
    require_installation(actor)
    password = _one_time_password()
    with unit(system_institution_id(), actor):
        user.set_password(password)
        user.must_change_password = True
        user.save(update_fields=["password", "must_change_password"])
        entry_record(kind=Kind.PASSWORD_ISSUED, subject=user, actor=actor)
    return password


def user_active_set(*, user: User, is_active: bool, actor: Actor) -> User:
    """Let a person in, or keep them out from their next request on; unchanged, nothing is written.

    Raises RefusedError unless ``actor`` acts for the installation, or when it is about oneself.
    """
    require_installation(actor)
    if actor.id == str(user.code):
        raise RefusedError("Nobody switches themselves off.", code="OWN_ACCOUNT")
    with unit(system_institution_id(), actor):
        changed = User.objects.filter(pk=user.pk, is_active=not is_active).update(is_active=is_active)
        if changed:
            entry_record(kind=Kind.USER_CHANGED, subject=user, actor=actor, data={"is_active": is_active})
    user.refresh_from_db()
    return user


def password_set(*, user: User, password: str) -> None:
    """Set the password that ``user`` chose for themselves; the form has judged its strength."""
    actor = Actor(kind=ActorKind.HUMAN, id=str(user.code))
    with unit(system_institution_id(), actor):
        user.set_password(password)
        user.must_change_password = False
        user.save(update_fields=["password", "must_change_password"])
        entry_record(kind=Kind.PASSWORD_CHANGED, subject=user, actor=actor)


def login_record(*, user: User, method: str) -> None:
    """Enter that ``user`` logged in, and how: ``password``, ``mfa``, …."""
    actor = Actor(kind=ActorKind.HUMAN, id=str(user.code))
    with unit(system_institution_id(), actor):
        entry_record(kind=Kind.LOGIN_SUCCEEDED, subject=user, actor=actor, data={"method": method})


def _one_time_password() -> str:
    return "".join(secrets.choice(_READABLE) for _ in range(_ONE_TIME_LENGTH))


def _columns_check(user: User) -> None:
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as complaint:
        raise InvalidError("; ".join(complaint.messages), errors=complaint.message_dict) from None
