"""Small leaf helpers that every app may use."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Settings of the core helpers."""

    name = "opsportal.core"
    label = "core"
