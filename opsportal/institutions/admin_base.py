"""What every admin page of an institution's data shares: it reads; what changes goes through services."""

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from unfold.admin import ModelAdmin

from opsportal.core.actor import Actor
from opsportal.core.errors import DomainError, RefusedError
from opsportal.institutions.access import Permission
from opsportal.institutions.selectors import Access

M = TypeVar("M", bound=Model)


class InstitutionAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Lists and shows rows of the institution that is being administered. Nothing is added, changed or deleted.

    The middleware has opened the scope of that institution, so the model's own manager shows its rows only.
    A subclass adds actions, each of which calls a service through ``each``; the service asks for permission.
    """

    list_per_page = 50
    show_full_result_count = False
    show_facets = False
    actions_on_bottom = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return True inside an institution, to whoever may read the app's models (MembershipBackend)."""
        return access_of(request) is not None and super().has_view_permission(request, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Return True when the app is shown at all."""
        return access_of(request) is not None and super().has_module_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are made by services."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are changed by services."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing that has a history is deleted."""
        return False

    def log_addition(self, request: HttpRequest, obj: Model, message: object) -> None:
        """The ledger is the log: the service has entered what happened."""

    def log_change(self, request: HttpRequest, obj: Model, message: object) -> None:
        """The ledger is the log: the service has entered what happened."""

    def each(self, request: HttpRequest, rows: QuerySet[M], act: Callable[[M, Actor], object], *, done: str) -> None:
        """Call ``act(row, actor)`` for each chosen row; tell how many went well, and why the others did not."""
        access = access_of(request)
        if access is None:
            raise RefusedError("Choose an institution first.")
        succeeded = 0
        for row in rows:
            try:
                act(row, access.actor)
            except DomainError as refusal:
                self.message_user(request, f"{row}: {refusal.detail}", messages.ERROR)
            else:
                succeeded += 1
        if succeeded:
            self.message_user(request, f"{done}: {succeeded}", messages.SUCCESS)


class ServiceAdmin(InstitutionAdmin):
    """An admin page whose forms hand what was typed to a service; Django saves nothing itself.

    A subclass says in ``make`` and ``alter`` which service, and offers the forms by its permission methods.
    """

    def make(self, request: HttpRequest, access: Access, said: dict[str, Any]) -> Model:
        """Make a row from the cleaned fields; return it. A page that does not say how, makes none."""
        raise RefusedError("Nothing is made here.")

    def alter(self, request: HttpRequest, access: Access, row: Any, said: dict[str, Any]) -> None:
        """Change ``row`` as the cleaned fields say. A page that does not say how, changes none."""
        raise RefusedError("Nothing is changed here.")

    def save_model(self, request: HttpRequest, obj: Model, form: forms.BaseForm, change: bool) -> None:
        """Call the service instead of ``obj.save()``."""
        access = access_of(request)
        if access is None:
            raise RefusedError("Choose an institution first.")
        if change:
            self.alter(request, access, type(obj)._default_manager.get(pk=obj.pk), form.cleaned_data)
        else:
            made = self.make(request, access, form.cleaned_data)
            obj.__dict__.update(made.__dict__)

    def save_related(self, request: HttpRequest, form: object, formsets: object, change: bool) -> None:
        """The service has saved what belongs to the row."""

    def secret_response(self, request: HttpRequest, title: str, secret: str) -> HttpResponse:
        """Show a secret once, in the answer itself: it is kept neither in a cookie nor in the session."""
        context = {**self.admin_site.each_context(request), "title": title, "secret": secret, "opts": self.model._meta}
        response = render(request, "admin/secret_once.html", context)
        response["Cache-Control"] = "no-store"
        return response


def access_of(request: HttpRequest) -> Access | None:
    """Return the access of an admin request; None when the person administers no institution."""
    access: Access | None = getattr(request, "access", None)
    return access


def may(request: HttpRequest, permission: Permission) -> bool:
    """Return True when the request's roles hold ``permission``: for offering an action, not for allowing it."""
    access = access_of(request)
    return access is not None and permission in access.permissions
