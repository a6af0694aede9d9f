"""The scenarios app."""

from django.apps import AppConfig


class ScenariosConfig(AppConfig):
    """Settings of the scenarios app."""

    name = "scenarios"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the checks of kind ``self`` know how the rounds, the registry and the database do."""
        from scenarios.facts import register  # noqa: PLC0415  the models must be loaded
        from scenarios.self_facts import watch_facts  # noqa: PLC0415

        register("watch", watch_facts)
