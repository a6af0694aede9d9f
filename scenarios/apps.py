"""The scenarios app."""

from django.apps import AppConfig


class ScenariosConfig(AppConfig):
    """Settings of the scenarios app."""

    name = "scenarios"
    default_auto_field = "django.db.models.BigAutoField"
