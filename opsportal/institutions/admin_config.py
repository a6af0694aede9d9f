"""The admin app, with our site. A module of its own: Django loads it before any model."""

from django.conf import settings
from django.contrib.admin import autodiscover
from django.contrib.admin.apps import SimpleAdminConfig


class PortalAdminConfig(SimpleAdminConfig):
    """Settings of the admin app. The worker shows no pages: it loads the pages of no app, nor the theme they need."""

    default_site = "opsportal.institutions.admin_site.PortalAdminSite"

    def ready(self) -> None:
        """Find the admin pages of all apps."""
        super().ready()
        if settings.ROLE != "worker":
            autodiscover()
