"""manage.py environment"""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from opsportal.core.environment_page import environment_markdown


class Command(BaseCommand):
    """Draw docs/environment.md."""

    help = "For developers: print docs/environment.md, drawn from .env.example."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the page."""
        example = (settings.BASE_DIR / ".env.example").read_text(encoding="utf-8")
        self.stdout.write(environment_markdown(example), ending="")
