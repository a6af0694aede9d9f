"""The agents app."""

from django.apps import AppConfig


class AgentsConfig(AppConfig):
    """Settings of the agents app."""

    name = "agents"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let agents answer about themselves."""
        from agents.handlers import register_own  # noqa: PLC0415  models are loaded only now

        register_own()
