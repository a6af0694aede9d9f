"""The ledger app."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Settings of the ledger app."""

    name = "ledger"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have ``migrate`` and ``check --database`` look at the guards."""
        import ledger.checks  # noqa: F401, PLC0415  importing it registers the check
