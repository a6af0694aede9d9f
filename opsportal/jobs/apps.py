"""The background jobs: who works, what comes back regularly, and what notices that nothing moves."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Settings of the jobs app."""

    name = "opsportal.jobs"
    label = "jobs"
    verbose_name = "Workers"
    default_auto_field = "django.db.models.BigAutoField"
