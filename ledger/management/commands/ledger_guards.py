"""manage.py ledger_guards"""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction

from ledger.guards import guards_create, guards_missing


class Command(BaseCommand):
    """Install the ledger's guards again."""

    help = (
        "Install the triggers and functions that keep the ledger append-only, and the grants of "
        "OPSPORTAL_DB_APP_ROLE. Needed after that role was made, or when somebody removed a trigger: verify first."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what was missing, then install everything in one transaction."""
        with transaction.atomic():
            missing = guards_missing(connection)
            guards_create(connection)
        self.stdout.write(f"installed again: {', '.join(missing)}" if missing else "all guards stood; installed again")
