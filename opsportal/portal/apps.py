"""The portal shell."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Settings of the portal shell."""

    name = "opsportal.portal"
    label = "portal"
