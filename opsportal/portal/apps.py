"""The portal shell."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Settings of the portal shell."""

    name = "opsportal.portal"
    label = "portal"

    def ready(self) -> None:
        """Let the checks of kind ``self`` know how the background jobs do."""
        from opsportal.jobs.selectors import jobs_facts  # noqa: PLC0415  the models must be loaded
        from scenarios.facts import register  # noqa: PLC0415

        register("jobs", jobs_facts)
