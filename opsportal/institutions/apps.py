"""The institutions app."""

from django.apps import AppConfig


class InstitutionsConfig(AppConfig):
    """Settings of the institutions app."""

    name = "opsportal.institutions"
    label = "institutions"
    default_auto_field = "django.db.models.BigAutoField"
