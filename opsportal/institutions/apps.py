"""The institutions app."""

from django.apps import AppConfig


class InstitutionsConfig(AppConfig):
    """Settings of the institutions app."""

    name = "opsportal.institutions"
    label = "institutions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make those institutions read-only whose ledger is found to be broken."""
        from ledger.alarms import alarm_register  # noqa: PLC0415  the models must be loaded
        from opsportal.institutions.services import institution_mark_broken  # noqa: PLC0415

        alarm_register("institution", institution_mark_broken)
