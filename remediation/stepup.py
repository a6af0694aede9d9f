"""Who agrees to what cannot be undone proves once more who they are."""

from allauth.account.decorators import reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.http import HttpRequest

STEP_UP = frozenset({"R3"})
"""The risk classes that ask for it."""


def is_confirmed(request: HttpRequest) -> bool:
    """Return True when the person of this session has proved lately who they are; a token never has."""
    try:
        _confirmed(request)
    except ReauthenticationRequired:
        return False
    return True


@reauthentication_required  # type: ignore[untyped-decorator]  # allauth has no types
def _confirmed(request: HttpRequest) -> None:
    """Return, unless the person has to prove who they are: then allauth raises."""
