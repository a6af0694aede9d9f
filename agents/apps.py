"""The agents app."""

from django.apps import AppConfig


class AgentsConfig(AppConfig):
    """Settings of the agents app."""

    name = "agents"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let agents answer about themselves, and tell people of a ledger that does not verify."""
        from agents.broken_ledger import broken_ledger_tell  # noqa: PLC0415  models are loaded only now
        from agents.handlers import register_own  # noqa: PLC0415
        from ledger.alarms import alarm_register  # noqa: PLC0415

        register_own()
        alarm_register("people", broken_ledger_tell)
