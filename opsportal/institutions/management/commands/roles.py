"""manage.py roles"""

from typing import Any

from opsportal.core.command import DomainCommand
from opsportal.institutions.roles_page import roles_markdown


class Command(DomainCommand):
    """Print what each role may, as Markdown."""

    help = "Print what each role may, as the Markdown of docs/roles.md."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it."""
        self.stdout.write(roles_markdown(), ending="")
