"""manage.py api_page"""

from typing import Any

from django.conf import settings

from opsportal.api_page import page_with_table
from opsportal.core.command import DomainCommand


class Command(DomainCommand):
    """Draw the table of routes in docs/api.md again."""

    help = "Draw the table of routes in docs/api.md from the code."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the page."""
        page = settings.BASE_DIR / "docs" / "api.md"
        page.write_text(page_with_table(page.read_text(encoding="utf-8")), encoding="utf-8")
        self.stdout.write(f"wrote {page}")
