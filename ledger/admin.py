"""The ledger in the admin: to look at, never to touch."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django_scopes.exceptions import ScopeError
from unfold.admin import ModelAdmin

from ledger.models import Checkpoint, Entry, Head, Payload, SigningKey, Stop
from opsportal.core.scope import institution_id_current


class LedgerAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Shows rows of the institution whose scope is open; nothing is added, changed or deleted."""

    list_per_page = 50
    show_full_result_count = False
    actions = None
    hidden: tuple[str, ...] = ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Show every column but the hidden ones: Django leaves out what is not editable, which here is all."""
        return [field.name for field in self.model._meta.concrete_fields if field.name not in {"id", *self.hidden}]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """All of it."""
        return self.get_fields(request, obj)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return True inside an institution, to whoever may read its ledger."""
        return _is_in_institution() and super().has_view_permission(request, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Return True when the app is shown at all."""
        return _is_in_institution() and super().has_module_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Entries are appended by units."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing here ever changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing here is ever deleted."""
        return False


@admin.register(Entry)
class EntryAdmin(LedgerAdmin):
    """Entries, newest first."""

    list_display = ("seq", "ts", "kind", "actor", "subject", "case")
    list_filter = ("kind",)
    search_fields = ("=subject", "=actor", "=hash")
    search_help_text = "A whole subject, actor or hash"
    ordering = ("-seq",)


@admin.register(Head)
class HeadAdmin(LedgerAdmin):
    """Where the chain ends."""

    list_display = ("institution_id", "seq", "hash")


@admin.register(Checkpoint)
class CheckpointAdmin(LedgerAdmin):
    """Signed heads, newest first."""

    list_display = ("size", "created_at", "root", "kid")
    hidden = ("peaks",)


@admin.register(SigningKey)
class SigningKeyAdmin(LedgerAdmin):
    """Public keys, the retired ones too."""

    list_display = ("origin", "kid", "public", "created_at", "retired_at")


@admin.register(Payload)
class PayloadAdmin(LedgerAdmin):
    """What entries commit to, without its text: that is shown where it belongs, to whom it concerns."""

    list_display = ("commit", "subject", "created_at", "erased_at")
    hidden = ("salt", "body")
    search_fields = ("=commit", "=subject")
    ordering = ("-id",)


@admin.register(Stop)
class StopAdmin(LedgerAdmin):
    """Whether the chain takes no entry because it did not verify."""

    list_display = ("institution_id", "stopped_at")


def _is_in_institution() -> bool:
    try:
        institution_id_current()
    except ScopeError:
        return False
    return True
