"""Who is acting now. For what has no request at hand: permission checks of Django, and masking."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from opsportal.core.scope import institution_scope

if TYPE_CHECKING:  # the selectors mask what they return, and so need this module
    from opsportal.institutions.selectors import Access

_current: "ContextVar[Access | None]" = ContextVar("institution_access", default=None)


def access_current() -> "Access | None":
    """Return the access that the current request runs under; None outside of one."""
    return _current.get()


@contextmanager
def access_opened(access: "Access") -> Iterator[None]:
    """Run what is within as ``access``, in the scope of its institution."""
    token = _current.set(access)
    try:
        with institution_scope(access.institution.pk):
            yield
    finally:
        _current.reset(token)
