"""The scenarios app."""

from django.apps import AppConfig


class ScenariosConfig(AppConfig):
    """Settings of the scenarios app."""

    name = "scenarios"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let ``self`` checks know how the rounds, the registry and the database do, and the roster who owns what."""
        from scenarios.duties import register_duties  # noqa: PLC0415  the models must be loaded
        from scenarios.facts import register  # noqa: PLC0415
        from scenarios.self_facts import watch_facts  # noqa: PLC0415

        register("watch", watch_facts)
        register_duties()
