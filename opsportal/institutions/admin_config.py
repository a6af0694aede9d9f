"""The admin app, with our site. A module of its own: Django loads it before any model."""

from django.contrib.admin.apps import AdminConfig


class PortalAdminConfig(AdminConfig):
    """Settings of the admin app."""

    default_site = "opsportal.institutions.admin_site.PortalAdminSite"
