"""The remediation app."""

from django.apps import AppConfig


class RemediationConfig(AppConfig):
    """Settings of the remediation app."""

    name = "remediation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Name the runtimes in the timelines of the ledger."""
        from agents.chronicle import namer_register  # noqa: PLC0415  models are loaded only now
        from opsportal.core.actor import ActorKind  # noqa: PLC0415
        from remediation.selectors import runtimes_named  # noqa: PLC0415

        namer_register(ActorKind.RUNTIME, runtimes_named)
