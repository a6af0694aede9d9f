"""What our commands share: a refusal is one line on stderr and exit code 1."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from opsportal.core.errors import DomainError


class DomainCommand(BaseCommand):
    """A command whose DomainErrors become one line that says why, without a traceback."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command; raise CommandError for a DomainError."""
        try:
            return super().execute(*args, **options)
        except DomainError as refusal:
            raise CommandError(f"{refusal.detail} ({refusal.code})") from None
