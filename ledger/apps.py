"""The ledger app."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Settings of the ledger app."""

    name = "ledger"
    default_auto_field = "django.db.models.BigAutoField"
