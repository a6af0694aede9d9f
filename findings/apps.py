"""The findings app."""

from django.apps import AppConfig


class FindingsConfig(AppConfig):
    """Settings of the findings app."""

    name = "findings"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Take part in ticks and in answers."""
        from findings.answers import register_answers  # noqa: PLC0415  models are loaded only now
        from findings.cards import register_card  # noqa: PLC0415
        from findings.panel import register_panel  # noqa: PLC0415
        from findings.recorder import results_judge  # noqa: PLC0415
        from scenarios.recorders import register  # noqa: PLC0415

        register("findings", results_judge)
        register_answers()
        register_card()
        register_panel()
