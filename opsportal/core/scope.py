"""Isolation between institutions, in one place.

A model that belongs to an institution takes ``InstitutionManager`` as its default manager.
Every query then filters by the institution of the current scope, and raises
``django_scopes.exceptions.ScopeError`` when there is none. The middleware opens the scope for pages,
API and admin; services, tasks and the socket open it for the institution that they were given.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, TypeVar
from uuid import UUID

from django.db import models
from django_scopes import ScopedManager, get_scope, scope, scopes_disabled
from django_scopes.exceptions import ScopeError

DIMENSION = "institution"
M_co = TypeVar("M_co", bound=models.Model, covariant=True)

if TYPE_CHECKING:
    _ScopedManager = models.Manager
else:

    class _ScopedManager(type(ScopedManager(**{DIMENSION: "institution_id"})), Generic[M_co]):
        """The untyped manager of django-scopes, made subscriptable like Django's."""


class InstitutionManager(_ScopedManager[M_co]):
    """A manager whose queries see the rows with the current ``institution_id`` only."""


@contextmanager
def institution_scope(institution_id: UUID) -> Iterator[None]:
    """Let the queries within see the rows of one institution."""
    with scope(**{DIMENSION: institution_id}):
        yield


@contextmanager
def every_institution() -> Iterator[None]:
    """Let the queries within see all rows. For the few modules that a test lists, which say why."""
    with scopes_disabled():
        yield


def institution_id_current() -> UUID:
    """Return the institution of the current scope; raise ScopeError when there is none."""
    current = get_scope().get(DIMENSION)
    if not isinstance(current, UUID):
        raise ScopeError("no institution is set: open institution_scope() first")
    return current
