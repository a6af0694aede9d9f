"""The agents app."""

from django.apps import AppConfig


class AgentsConfig(AppConfig):
    """Settings of the agents app."""

    name = "agents"
    default_auto_field = "django.db.models.BigAutoField"
