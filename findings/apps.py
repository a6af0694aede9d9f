"""The findings app."""

from django.apps import AppConfig


class FindingsConfig(AppConfig):
    """Settings of the findings app."""

    name = "findings"
    default_auto_field = "django.db.models.BigAutoField"
