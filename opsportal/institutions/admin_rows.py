"""Pages of rows that nobody types: every column shown, states in colour, and lists that stay quick when they grow."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from opsportal.institutions.access import Permission
from opsportal.institutions.admin_base import InstitutionAdmin, access_of, may

# Word and colour: nobody depends on the colour alone. Unfold knows these four.
TONES = {
    **dict.fromkeys(("ok", "resolved", "completed"), "success"),
    **dict.fromkeys(("acked", "running", "low"), "info"),
    **dict.fromkeys(("degraded", "medium"), "warning"),
    **dict.fromkeys(("down", "high", "critical", "crashed", "hung", "cluster_died", "killed"), "danger"),
}


class CappedPaginator(Paginator):  # type: ignore[type-arg]  # cannot be subscripted at run time
    """Counts up to ``CAP`` rows and no further: a list of millions opens as fast as one of a thousand.

    What is older is found by search and filters.
    """

    CAP = 10_000

    @cached_property
    def count(self) -> int:
        """Return the number of rows, at most CAP."""
        rows: Any = self.object_list
        return int(rows.order_by()[: self.CAP].count())


class RowAdmin(InstitutionAdmin):
    """Shows every column of a row but the ``hidden`` ones. A whole code is found by the search."""

    paginator = CappedPaginator
    hidden: ClassVar[tuple[str, ...]] = ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Show what is not editable, too: that is nearly all."""
        hidden = {"id", "institution", *self.hidden}
        return [field.name for field in self.model._meta.concrete_fields if field.name not in hidden]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """All of it."""
        return self.get_fields(request, obj)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Model], search_term: str
    ) -> tuple[QuerySet[Model], bool]:
        """Find a row by its whole code, as the ledger and the API write it, else by words."""
        code = _uuid_of(search_term)
        if code is not None and "code" in self.get_fields(request):
            return queryset.filter(code=code), False
        found: tuple[QuerySet[Model], bool] = super().get_search_results(request, queryset, search_term)
        return found

    def view_on_site(self, obj: Model) -> str | None:
        """Lead straight to the page of the portal, if there is one."""
        address: Callable[[], str] | None = getattr(obj, "get_absolute_url", None)
        return address() if address else None


class InstallationAdmin(RowAdmin):
    """Rows of the whole installation: shown while its own institution is administered, and in no other."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return True in the installation's institution, to whoever may read there."""
        return _is_installation(request) and may(request, Permission.OPS_READ)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Return True when the app is shown at all."""
        return self.has_view_permission(request)


def labelled(column: str, description: str) -> Callable[[Any], Any]:
    """Return a column for ``list_display``: the words of a column with choices, in the colour of their state."""

    def shown(row: Any) -> tuple[str, str]:
        return getattr(row, column), getattr(row, f"get_{column}_display")()

    shown.__name__ = column  # the class of its cells
    column_shown: Callable[[Any], Any] = display(description=description, ordering=column, label=TONES)(shown)
    return column_shown


def _is_installation(request: HttpRequest) -> bool:
    access = access_of(request)
    return access is not None and access.institution.is_system


def _uuid_of(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None
