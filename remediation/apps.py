"""The remediation app."""

from django.apps import AppConfig


class RemediationConfig(AppConfig):
    """Settings of the remediation app."""

    name = "remediation"
    default_auto_field = "django.db.models.BigAutoField"
